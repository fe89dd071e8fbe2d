"""The admin pages of people: only admins enter, rights can be changed, history cannot."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from accounts.admin.people import ShareForm
from accounts.models import Role, Share, TradingAccount, User, UserSession
from accounts.tokens import Tokens
from conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def console(client: Client, ada: User) -> Client:
    """The admin pages, with ada logged in."""
    client.force_login(ada)
    return client


@pytest.mark.parametrize("model", ["accounts_user", "accounts_usersession", "accounts_share", "auth_group"])
def test_lists_open_and_search(console: Client, ada: User, tokens: Tokens, model: str) -> None:
    Share.objects.create(user=ada, scope_type=Share.Scope.BOT, scope_id=ada.id)
    address = reverse(f"admin:{model}_changelist")
    assert console.get(address).status_code == 200
    assert console.get(address, {"q": "in-a"}).status_code == 200


def test_an_admin_logs_in_by_email_and_password(client: Client, ada: User) -> None:
    client.post(reverse("admin:login"), {"username": "Ada@Example.com", "password": PASSWORD})
    assert client.get(reverse("admin:accounts_user_changelist")).status_code == 200


def test_a_trader_does_not_enter(client: Client, tom: User) -> None:
    client.force_login(tom)
    assert client.get(reverse("admin:accounts_user_changelist")).status_code == 302


def test_a_demoted_admin_is_out_at_once(console: Client) -> None:
    User.objects.update(role=Role.VIEWER)
    assert console.get(reverse("admin:accounts_user_changelist")).status_code == 302


def test_a_new_user_gets_a_paper_account(console: Client) -> None:
    form = {"username": "Nina", "email": "Nina@Desk.test", "role": "viewer", "usable_password": "true"}
    console.post(reverse("admin:accounts_user_add"), {**form, "password1": PASSWORD, "password2": PASSWORD})
    nina = User.objects.get(username="nina")
    assert (nina.email, nina.role) == ("nina@desk.test", "viewer")
    assert nina.check_password(PASSWORD)
    assert TradingAccount.objects.get(owner=nina).is_paper


@pytest.mark.parametrize(
    ("field", "value"), [("username", "Tom"), ("username", "x@y.test"), ("email", "TOM@example.com"), ("role", "king")]
)
def test_a_wrong_new_user_is_refused(console: Client, tom: User, field: str, value: str) -> None:
    form = {"username": "nina", "email": "nina@desk.test", "role": "viewer", "usable_password": "true", field: value}
    answer = console.post(reverse("admin:accounts_user_add"), {**form, "password1": PASSWORD, "password2": PASSWORD})
    assert answer.status_code == 200
    assert User.objects.count() == 2


def test_a_role_can_be_changed_and_preferences_cannot(console: Client, tom: User) -> None:
    form = {"username": "tom", "email": "tom@example.com", "role": "viewer", "is_active": "on", "preferences": "{}"}
    User.objects.filter(pk=tom.pk).update(preferences={"theme": "dark"})
    assert console.get(reverse("admin:accounts_user_change", args=[tom.pk])).status_code == 200
    console.post(reverse("admin:accounts_user_change", args=[tom.pk]), form)
    tom.refresh_from_db()
    assert (tom.role, tom.preferences) == ("viewer", {"theme": "dark"})
    assert tom.check_password(PASSWORD)


def test_a_password_can_be_set(console: Client, tom: User) -> None:
    address = reverse("admin:auth_user_password_change", args=[tom.pk])
    form = {"password1": "New-Trees-88", "password2": "New-Trees-88", "usable_password": "true"}
    assert console.get(address).status_code == 200
    console.post(address, form)
    tom.refresh_from_db()
    assert tom.check_password("New-Trees-88")


def test_a_weak_password_cannot_be_set(console: Client, tom: User) -> None:
    form = {"password1": "password", "password2": "password", "usable_password": "true"}
    console.post(reverse("admin:auth_user_password_change", args=[tom.pk]), form)
    tom.refresh_from_db()
    assert tom.check_password(PASSWORD)


def test_a_user_cannot_be_deleted(console: Client, tom: User) -> None:
    assert console.post(reverse("admin:accounts_user_delete", args=[tom.pk]), {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=tom.pk).exists()


def test_a_role_can_be_given_less(console: Client) -> None:
    trader = Group.objects.get(name="trader")
    console.post(reverse("admin:auth_group_change", args=[trader.pk]), {"permissions": []})
    trader.refresh_from_db()
    assert trader.name == "trader"
    assert not trader.permissions.exists()


def test_the_admin_role_cannot_be_given_less(console: Client) -> None:
    admin = Group.objects.get(name="admin")
    address = reverse("admin:auth_group_change", args=[admin.pk])
    assert console.get(address).status_code == 200
    assert console.post(address, {"permissions": []}).status_code == 403
    assert admin.permissions.exists()


@pytest.mark.parametrize("page", ["add", "delete"])
def test_roles_are_neither_added_nor_deleted(console: Client, page: str) -> None:
    args = {"add": [], "delete": [Group.objects.get(name="viewer").pk]}[page]
    assert console.post(reverse(f"admin:auth_group_{page}", args=args), {"post": "yes"}).status_code == 403
    assert Group.objects.count() == 4


def test_a_session_is_shown_without_its_hash(console: Client, tokens: Tokens) -> None:
    session = UserSession.objects.get(pk=tokens.session_id)
    page = console.get(reverse("admin:accounts_usersession_change", args=[session.pk]))
    assert page.status_code == 200
    assert session.refresh_hash not in page.content.decode()


@pytest.mark.parametrize("page", ["change", "delete"])
def test_a_session_cannot_be_changed_by_hand(console: Client, tokens: Tokens, page: str) -> None:
    address = reverse(f"admin:accounts_usersession_{page}", args=[tokens.session_id])
    assert console.post(address, {"end_reason": "logout", "post": "yes"}).status_code == 403
    assert UserSession.objects.get(pk=tokens.session_id).ended_at is None


SHARE = "admin:accounts_share_add"


def test_a_share_is_chosen_and_names_who_gave_it(console: Client, ada: User, vic: User, paper: TradingAccount) -> None:
    scope = f"account:{paper.pk}"
    assert scope in console.get(reverse("admin:accounts_share_choices", args=["scope"])).content.decode()
    console.post(reverse(SHARE), {"user": vic.pk, "scope": scope})
    share = Share.objects.get()
    assert (share.user, share.scope_type, share.scope_id, share.created_by) == (vic, "account", paper.pk, ada)
    assert console.get(reverse("admin:accounts_share_change", args=[share.pk])).status_code == 200


@pytest.mark.parametrize("scope", ["", "account", "account:x", "account:{user}", "bot:{account}", "moon:{account}"])
def test_what_is_not_there_is_not_shared(console: Client, vic: User, paper: TradingAccount, scope: str) -> None:
    asked = scope.format(user=vic.pk, account=paper.pk)
    assert console.post(reverse(SHARE), {"user": vic.pk, "scope": asked}).status_code == 200
    assert not Share.objects.exists()


def test_what_is_shared_already_is_refused_in_words(console: Client, vic: User, paper: TradingAccount) -> None:
    Share.objects.create(user=vic, scope_type="account", scope_id=paper.pk)
    page = console.post(reverse(SHARE), {"user": vic.pk, "scope": f"account:{paper.pk}"})
    assert "shared with them already" in page.content.decode()
    assert Share.objects.count() == 1


def test_what_another_admin_shares_meanwhile_is_shared_once(
    console: Client, ada: User, vic: User, paper: TradingAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    Share.objects.create(user=vic, scope_type="account", scope_id=paper.pk)
    monkeypatch.setattr(ShareForm, "clean", _not_shared_yet)
    assert console.post(reverse(SHARE), {"user": vic.pk, "scope": f"account:{paper.pk}"}).status_code == 302
    assert Share.objects.get().created_by is None


def _not_shared_yet(form: ShareForm) -> dict[str, Any]:
    """As the form cleans where nothing is shared by then."""
    scope = form.cleaned_data["scope"]
    form.instance.scope_type, form.instance.scope_id = scope.scope_type, scope.scope_id
    return form.cleaned_data


@pytest.mark.parametrize("change", [{"role": "viewer"}, {"is_active": ""}])
def test_the_last_admin_is_neither_demoted_nor_shut_out(console: Client, ada: User, change: dict[str, str]) -> None:
    User.objects.create_user("olga", "olga@desk.test", role=Role.ADMIN, is_active=False)
    form = {"username": "ada", "email": "ada@example.com", "role": "admin", "is_active": "on", **change}
    page = console.post(reverse("admin:accounts_user_change", args=[ada.pk]), form)
    assert "the last active admin" in page.content.decode()
    assert User.objects.filter(pk=ada.pk, role=Role.ADMIN, is_active=True).exists()


def test_one_of_two_admins_may_go(console: Client, ada: User) -> None:
    User.objects.create_user("olga", "olga@desk.test", role=Role.ADMIN)
    form = {"username": "ada", "email": "ada@example.com", "role": "viewer", "is_active": "on"}
    console.post(reverse("admin:accounts_user_change", args=[ada.pk]), form)
    assert User.objects.get(pk=ada.pk).role == Role.VIEWER
