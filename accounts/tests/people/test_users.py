"""Users: one spelling of every name, and no name that is someone else's address."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from accounts.models import Role, Share, User, UserSession

pytestmark = pytest.mark.django_db


def test_names_are_stored_in_lower_case() -> None:
    user = User.objects.create_user(" Tom ", "Tom@Example.COM", "x")
    assert (user.username, user.email, user.role) == ("tom", "tom@example.com", Role.TRADER)
    assert user.check_password("x")


@pytest.mark.parametrize("field", ["username", "email"])
def test_the_database_refuses_a_capital(tom: User, field: str) -> None:
    with pytest.raises(IntegrityError):
        User.objects.update(**{field: "TOM@EXAMPLE.COM"})


def test_the_database_refuses_a_name_that_is_someone_elses_address(tom: User) -> None:
    with pytest.raises(IntegrityError):
        User.objects.update(username="victor@desk.test")


def test_the_database_refuses_a_role_that_is_none(tom: User) -> None:
    with pytest.raises(IntegrityError):
        User.objects.update(role="owner")


def test_a_name_may_be_ones_own_address() -> None:
    assert User.objects.create_user("A+B@desk.test", "a+b@DESK.test").username == "a+b@desk.test"


@pytest.mark.parametrize(
    ("username", "email"),
    [("", "t@desk.test"), ("t", ""), ("t", "t"), ("v@desk.test", "t@desk.test"), ("a/b", "t@desk.test")],
)
def test_a_user_needs_a_name_and_an_address(username: str, email: str) -> None:
    with pytest.raises(ValidationError):
        User.objects.create_user(username, email)
    assert not User.objects.exists()


def test_createsuperuser_makes_an_admin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "Tall-Trees-7")
    call_command("createsuperuser", "--noinput", "--username", "Root", "--email", "root@desk.test", verbosity=0)
    assert User.objects.get(username="root", role=Role.ADMIN).is_superuser


def test_createsuperuser_refuses_a_taken_name(tom: User) -> None:
    with pytest.raises(CommandError):
        call_command("createsuperuser", "--noinput", "--username", "tom", "--email", "root@desk.test")


def test_a_user_is_found_by_name_or_address_in_any_case(tom: User) -> None:
    assert User.objects.get_by_natural_key("Tom") == User.objects.get_by_natural_key("TOM@example.com") == tom


def test_an_ended_session_has_its_reason(tokens: object) -> None:
    with pytest.raises(IntegrityError):
        UserSession.objects.update(end_reason="logout")


def test_a_thing_is_shared_once_with_a_user(tom: User) -> None:
    Share.objects.create(user=tom, scope_type=Share.Scope.BOT, scope_id=tom.id)
    with pytest.raises(IntegrityError):
        Share.objects.create(user=tom, scope_type=Share.Scope.BOT, scope_id=tom.id)
