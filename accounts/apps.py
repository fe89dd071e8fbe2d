"""People and money."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from accounts import ledger_triggers, roles
from core import triggers


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import examinations
        from core.examinations import register

        triggers.declare(*ledger_triggers.TRIGGERS)
        post_migrate.connect(triggers.install_after_migrate, sender=self, dispatch_uid="core.triggers")
        post_migrate.connect(roles.install, dispatch_uid="accounts.roles")
        register("admins", examinations.examine_admins, needs=("migrations",))
        register("books", examinations.examine_books, needs=("migrations",))
