"""Roles: what each may do on a new desk, and that an operator's change of it stays."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from pytest_django import DjangoAssertNumQueries

from accounts import roles
from accounts.models import Role, User
from accounts.roles import may_by_default

pytestmark = pytest.mark.django_db


def install() -> None:
    for config in apps.get_app_configs():
        roles.install(sender=config)


def permission(name: str) -> Permission:
    app, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def test_every_role_is_a_group() -> None:
    assert set(Group.objects.values_list("name", flat=True)) == {"admin", "trader", "exporter", "viewer"}


@pytest.mark.django_db(transaction=True)
def test_a_flushed_database_has_its_roles() -> None:
    assert Group.objects.get(name="viewer").permissions.filter(codename="view_tradingaccount").exists()


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("accounts.view_tradingaccount", {"admin", "trader", "exporter", "viewer"}),
        ("accounts.add_tradingaccount", {"admin", "trader"}),
        ("accounts.view_transfer", {"admin", "trader", "exporter", "viewer"}),
        ("accounts.change_transfer", {"admin"}),
        ("accounts.export_csv", {"admin", "trader", "exporter"}),
        ("accounts.view_user", {"admin"}),
        ("accounts.change_user", {"admin"}),
        ("accounts.add_share", {"admin"}),
        ("accounts.delete_usersession", {"admin"}),
        ("trading.add_order", {"admin", "trader"}),
        ("trading.view_position", {"admin", "trader", "exporter", "viewer"}),
        ("bots.change_bot", {"admin", "trader"}),
        ("strategies.delete_strategy", {"admin", "trader"}),
        ("groups.view_group", {"admin", "trader", "exporter", "viewer"}),
        ("groups.change_group", {"admin"}),
        ("market.change_instrument", {"admin"}),
        ("webhooks.view_delivery", {"admin", "trader", "exporter", "viewer"}),
        ("webhooks.change_delivery", {"admin"}),
        ("core.view_job", {"admin"}),
        ("auth.change_group", {"admin"}),
    ],
)
def test_who_may_do_what_by_default(name: str, allowed: set[str]) -> None:
    assert {role.value for role in Role if may_by_default(role, name)} == allowed


def test_a_role_has_the_permissions_of_its_group(tom: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        assert tom.has_perm("accounts.add_tradingaccount")
        assert not tom.has_perm("accounts.change_user")
        assert tom.get_all_permissions() == tom.get_group_permissions()


def test_an_admin_may_everything(ada: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert ada.has_perm("accounts.change_user")
    with django_assert_num_queries(1):
        everything = ada.get_all_permissions()
    assert len(everything) == Permission.objects.count()


def test_only_an_admin_is_staff(ada: User, tom: User, eve: User, vic: User) -> None:
    assert [user.is_staff for user in (ada, tom, eve, vic)] == [True, False, False, False]


def test_an_inactive_user_may_nothing(tom: User, ada: User) -> None:
    tom.is_active = ada.is_active = False
    assert tom.get_all_permissions() == ada.get_all_permissions() == set()
    assert not tom.has_perm("accounts.add_tradingaccount")
    assert not ada.has_perm("accounts.change_user")


def test_what_an_operator_takes_away_stays_away(tom: User) -> None:
    taken = permission("accounts.add_tradingaccount")
    Group.objects.get(name="trader").permissions.remove(taken)
    install()
    assert not tom.has_perm("accounts.add_tradingaccount")


def test_what_an_operator_gives_stays(vic: User) -> None:
    Group.objects.get(name="viewer").permissions.add(permission("accounts.view_user"))
    install()
    assert vic.has_perm("accounts.view_user")


def test_a_new_permission_is_handed_out_by_default(ada: User, tom: User, vic: User) -> None:
    Permission.objects.create(
        content_type=permission("accounts.view_tradingaccount").content_type, codename="freeze_tradingaccount", name="x"
    )
    install()
    assert ada.has_perm("accounts.freeze_tradingaccount")
    assert tom.has_perm("accounts.freeze_tradingaccount")
    assert not vic.has_perm("accounts.freeze_tradingaccount")


def test_a_missing_group_is_made_with_its_defaults(vic: User) -> None:
    Group.objects.get(name="viewer").delete()
    install()
    assert vic.has_perm("accounts.view_tradingaccount")


def test_a_lost_admin_group_is_made_again_beside_the_others(tom: User) -> None:
    Group.objects.get(name="admin").delete()
    install()
    assert Group.objects.get(name="admin").permissions.count() == Permission.objects.count()
    assert tom.has_perm("accounts.add_tradingaccount")


def test_installing_again_changes_nothing_and_costs_three_queries(
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    before = set(Group.permissions.through.objects.values_list("group_id", "permission_id"))
    with django_assert_max_num_queries(5):  # savepoint, groups, held, permissions, release
        install()
    assert set(Group.permissions.through.objects.values_list("group_id", "permission_id")) == before
