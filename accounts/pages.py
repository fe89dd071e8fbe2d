"""The pages on which a person logs in and out, to the console too, and changes their password."""

from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from unfold.forms import AdminOwnPasswordChangeForm

from accounts.identity import page_session
from accounts.models import UserSession
from accounts.services.passwords import WrongPassword, change_password
from core.errors import AppError

FORM_METHODS = ["get", "head", "post", "options"]  # Django's forms take a PUT as well


class LoginPage(LoginView):
    http_method_names = FORM_METHODS
    template_name = "login.html"

    def get_default_redirect_url(self) -> str:
        """Operators work at the console, everybody else begins at the root."""
        return reverse("admin:index" if getattr(self.request.user, "is_staff", False) else "root")


class ConsoleLoginPage(LoginPage):
    """Where the console sends who is not in: to the one login page, which takes every role."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponseRedirect(reverse("login", query={"next": self.get_redirect_url() or reverse("admin:index")}))


class LogoutPage(LogoutView):
    """By POST with its CSRF token only."""

    next_page = "login"


class PasswordForm(AdminOwnPasswordChangeForm):
    """The service looks at the old password: a wrong one is a failed login there."""

    def clean_old_password(self) -> str:
        old: str = self.cleaned_data["old_password"]
        return old


class PasswordPage(PasswordChangeView):
    """The console's page for a new password of one's own, in place of one that guesses are free on."""

    http_method_names = FORM_METHODS
    form_class = PasswordForm
    success_url = reverse_lazy("admin:password_change_done")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return {**admin.site.each_context(self.request), **super().get_context_data(**context)}

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        try:
            self._change(form.cleaned_data["old_password"], form.cleaned_data["new_password1"])
        except WrongPassword:
            form.add_error("old_password", form.error_messages["password_incorrect"])
        except AppError as refusal:
            form.add_error(None, refusal.message)
        return self.form_invalid(form) if form.errors else HttpResponseRedirect(self.get_success_url())

    def _change(self, old: str, new: str) -> None:
        session = cast(UserSession, page_session(self.request))
        change_password(self.request, session, current_password=old, new_password=new, now=timezone.now())
