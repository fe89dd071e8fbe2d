"""The pages for who forgot their password: one asks for a token by e-mail, the other takes the token."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.generic import FormView

from accounts.pages import FORM_METHODS
from accounts.reset_requests import take_reset_request
from accounts.services.password_resets import complete_reset
from core.addresses import counted_address
from core.errors import AppError
from core.limits import hit, require


class AskForm(forms.Form):
    email = forms.EmailField(max_length=150, label="E-mail")
    email.widget.attrs |= {"autocomplete": "email", "autofocus": True}


class CompleteForm(forms.Form):
    """The token is typed or pasted: in an address it would stand in histories and logs. Nothing is sent back."""

    token = forms.CharField(max_length=300, label="Token from the e-mail", widget=forms.PasswordInput)
    new_password = forms.CharField(max_length=128, strip=False, label="New password", widget=forms.PasswordInput)
    token.widget.attrs |= {"autocomplete": "one-time-code", "autocapitalize": "none", "autofocus": True}
    new_password.widget.attrs["autocomplete"] = "new-password"


class ResetDoor(FormView):
    """A form that counts for the address, as a try on the login page does; a refusal stands above it."""

    http_method_names = FORM_METHODS
    template_name = "reset.html"
    title = ""
    lead = ""
    button = ""
    done_title = ""
    done = ""
    is_complete = False

    def form_valid(self, form: forms.Form) -> HttpResponse:
        try:
            require(hit("anonymous", counted_address(self.request)), self.request)
            self.act(self.request, form.cleaned_data)
        except AppError as refusal:
            return self._refused(form, refusal)
        return render(self.request, "reset_done.html", {"page": self})

    def act(self, request: HttpRequest, asked: dict[str, Any]) -> None:
        """Do what the form asks for. Raises AppError."""
        raise NotImplementedError

    def _refused(self, form: forms.Form, refusal: AppError) -> HttpResponse:
        for line in refusal.errors.get("new_password") or [refusal.message]:
            form.add_error(None, line)
        answer = self.render_to_response(self.get_context_data(form=form))
        if refusal.retry_after_seconds is not None:
            answer.status_code = refusal.status
            answer["Retry-After"] = str(int(refusal.retry_after_seconds))
        return answer


class AskResetPage(ResetDoor):
    form_class = AskForm
    title = "A new password"
    lead = "A token will be mailed to your address. It is good for an hour, once."
    button = "Send the token"
    done_title = "Look into your mail"
    done = "If somebody here has this address, a token is on its way to it."

    def act(self, request: HttpRequest, asked: dict[str, Any]) -> None:
        take_reset_request(request, email=asked["email"], now=timezone.now())


class CompleteResetPage(ResetDoor):
    form_class = CompleteForm
    title = "Set the new password"
    lead = "Eight characters or more, with an upper-case letter, a lower-case letter and a digit."
    button = "Set the password"
    done_title = "The password is set"
    done = "All devices were logged out. Log in with the new password."
    is_complete = True

    def act(self, request: HttpRequest, asked: dict[str, Any]) -> None:
        complete_reset(token=asked["token"].strip(), new_password=asked["new_password"], now=timezone.now())
