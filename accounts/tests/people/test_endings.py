"""Whatever ends a session, the next request with its token or its cookie is 401."""

from collections.abc import Callable

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User, UserSession
from accounts.models.sessions import EndReason
from accounts.services.password_resets import complete_reset, reset_token
from accounts.services.passwords import change_password
from accounts.services.people import change_user
from accounts.services.sessions import Device, end_session, open_session, refresh, terminate_session
from accounts.tokens import InvalidToken, Tokens
from conftest import PASSWORD

pytestmark = pytest.mark.django_db

ME = "/api/v1/auth/me"
NEW = "New-Trees-88"


def terminate(session: UserSession) -> None:
    terminate_session(session.pk, asker=session.user, now=timezone.now())


def log_out(session: UserSession) -> None:
    end_session(session, reason=EndReason.LOGOUT, now=timezone.now())


def change_elsewhere(session: UserSession) -> None:
    here = open_session(session.user, device=Device(), now=timezone.now())
    asking = UserSession.objects.get(pk=here.session_id)
    request = RequestFactory().post("/")
    change_password(request, asking, current_password=PASSWORD, new_password=NEW, now=timezone.now())


def reset(session: UserSession) -> None:
    complete_reset(token=reset_token(session.user), new_password=NEW, now=timezone.now())


def set_by_hand(session: UserSession) -> None:
    session.user.set_password(NEW)
    session.user.save()


def shut_out(session: UserSession) -> None:
    User.objects.filter(pk=session.user_id).update(is_active=False)


def run_out(session: UserSession) -> None:
    UserSession.objects.filter(pk=session.pk).update(expires_at=timezone.now())


ENDINGS = [terminate, log_out, change_elsewhere, reset, set_by_hand, shut_out, run_out]
End = Callable[[UserSession], None]


@pytest.mark.parametrize("end", ENDINGS)
def test_the_next_request_with_the_token_is_401(tokens: Tokens, bearer: Callable[[str], APIClient], end: End) -> None:
    client = bearer(tokens.access)
    assert client.get(ME).status_code == 200
    end(UserSession.objects.select_related("user").get())
    assert client.get(ME).status_code == 401


@pytest.mark.parametrize("end", ENDINGS)
def test_the_next_request_with_the_cookie_is_401(tom: User, client: Client, end: End) -> None:
    client.force_login(tom)
    assert client.get(ME).status_code == 200
    end(UserSession.objects.select_related("user").get())
    assert client.get(ME).status_code == 401


@pytest.mark.parametrize("end", ENDINGS)
def test_the_refresh_token_is_dead(tokens: Tokens, end: End) -> None:
    end(UserSession.objects.select_related("user").get())
    with pytest.raises(InvalidToken):
        refresh(refresh_token=tokens.refresh, arrived_at=timezone.now(), clock=timezone.now)


def test_who_is_let_in_again_begins_a_new_session(
    tokens: Tokens, bearer: Callable[[str], APIClient], ada: User
) -> None:
    user = UserSession.objects.select_related("user").get().user
    for is_active in (False, True):
        change_user(user.pk, by=ada, now=timezone.now(), is_active=is_active)
    assert bearer(tokens.access).get(ME).status_code == 401
    assert UserSession.objects.get().end_reason == "shut_out"


def test_the_console_ends_the_sessions_of_whom_it_shuts_out(
    tokens: Tokens, client: Client, ada: User, bearer: Callable[[str], APIClient]
) -> None:
    client.force_login(ada)
    user = UserSession.objects.exclude(user=ada).select_related("user").get().user
    form = {"username": user.username, "email": user.email, "full_name": "", "role": "trader"}
    answer = client.post(reverse("admin:accounts_user_change", args=[user.pk]), form)
    assert answer.status_code == 302
    assert UserSession.objects.get(user=user).end_reason == "shut_out"
