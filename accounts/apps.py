"""People and money."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.db.models.signals import post_migrate

from accounts import ledger_triggers, roles
from core import triggers


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import examinations, facts, jobs, page_sessions
        from core.examinations import register
        from core.jobs import catalogue
        from core.streams import shapes

        triggers.declare(*ledger_triggers.TRIGGERS)
        post_migrate.connect(triggers.install_after_migrate, sender=self, dispatch_uid="core.triggers")
        post_migrate.connect(roles.install, dispatch_uid="accounts.roles")
        user_logged_in.connect(page_sessions.open_on_login, dispatch_uid="accounts.page_sessions")
        user_logged_out.connect(page_sessions.end_on_logout, dispatch_uid="accounts.page_sessions")
        shapes.take_apart(facts.KIND, facts.messages_of_facts)
        catalogue.register("sync_portfolio", args=jobs.SyncPortfolioArgs, run=jobs.sync_portfolio)
        register("admins", examinations.examine_admins, needs=("migrations",))
        register("books", examinations.examine_books, needs=("migrations",))
        register("credentials", examinations.examine_credentials, needs=("migrations",))
