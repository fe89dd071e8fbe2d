"""Roles: what each may do when the desk is new, and the groups through which an operator changes that."""

from fnmatch import fnmatchcase
from typing import Any

from django.apps import AppConfig, apps
from django.db import DEFAULT_DB_ALIAS, models, transaction


class Role(models.TextChoices):
    """A person has one; it names the auth group that holds its permissions."""

    ADMIN = "admin"
    TRADER = "trader"
    EXPORTER = "exporter"
    VIEWER = "viewer"


_VIEW = (
    "accounts.view_tradingaccount",
    "accounts.view_transfer",
    "bots.view_*",
    "groups.view_*",
    "market.view_*",
    "strategies.view_*",
    "trading.view_*",
    "webhooks.view_*",
)

# Which permissions a role has from the start, as shell patterns; which rows they reach, `visible_to` says.
DEFAULTS: dict[Role, tuple[str, ...]] = {
    Role.ADMIN: ("*",),
    Role.TRADER: (
        *_VIEW,
        "accounts.*_tradingaccount",
        "accounts.export_csv",
        "bots.*",
        "market.*_watchlistentry",
        "market.sync_coin",
        "strategies.*",
        "trading.*",
    ),
    Role.EXPORTER: (*_VIEW, "accounts.export_csv"),
    Role.VIEWER: _VIEW,
}


def may_by_default(role: Role, permission: str) -> bool:
    """Say whether a new desk gives `permission` ("app.codename") to `role`."""
    return any(fnmatchcase(permission, pattern) for pattern in DEFAULTS[role])


def install(*, sender: AppConfig, using: str = DEFAULT_DB_ALIAS, apps: Any = apps, **_: object) -> None:
    """Receiver of `post_migrate`: once every app has its permissions, hand out the new ones.

    The admin group holds every permission, so one that it lacks is new, and is given to each role that has it by
    default. One that it holds was handed out before and is left alone: what an operator took away stays away,
    also after an upgrade. A group that is missing is made with all its defaults.
    """
    if sender.label != _last_label():
        return
    try:
        groups, permissions = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    except LookupError:  # `migrate one_app` on an empty database
        return
    with transaction.atomic(using=using):
        _hand_out(groups.objects.using(using), permissions.objects.using(using))


def _last_label() -> str:
    """Return the app that `post_migrate` is sent for last: by then every app's permissions are there."""
    return [config.label for config in apps.get_app_configs() if config.models_module][-1]


def _hand_out(groups: Any, permissions: Any) -> None:
    before = dict(groups.filter(name__in=Role.values).values_list("name", "id"))
    made = groups.bulk_create([groups.model(name=role) for role in Role if role not in before])
    ids = before | {group.name: group.id for group in made}
    held = groups.model.permissions.through.objects.using(groups.db)
    known = set(held.filter(group=ids[Role.ADMIN]).values_list("permission_id", flat=True))
    new = [
        held.model(group_id=ids[role], permission_id=key)
        for key, app, codename in permissions.values_list("id", "content_type__app_label", "codename")
        for role in Role
        if (role not in before or key not in known) and may_by_default(role, f"{app}.{codename}")
    ]
    held.bulk_create(new, ignore_conflicts=True)  # an operator may have been quicker to give a new one
