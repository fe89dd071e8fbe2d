"""The pages on which a person logs in and out, for those who do not go to the console."""

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpResponse


class LoginPage(LoginView):
    template_name = "login.html"
    next_page = "root"
    extra_context = {"desk_name": settings.DESK_NAME}

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        logout(self.request)  # whoever else was logged in on this browser: their session ends too
        return super().form_valid(form)


class LogoutPage(LogoutView):
    """By POST with its CSRF token only."""

    next_page = "login"
