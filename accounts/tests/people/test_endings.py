"""Whatever ends a session, the next request with its token or its cookie is 401."""

from collections.abc import Callable

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User, UserSession
from accounts.models.sessions import EndReason
from accounts.services.password_resets import complete_reset, reset_token
from accounts.services.passwords import change_password
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
