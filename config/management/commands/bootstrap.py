"""Makes a fresh database ready: tables, roles, an admin, on request the demo desk. Again, it changes nothing."""

import os
import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from accounts.models import Role, User
from config.demo import find_demo, make_demo
from config.demo_backtest import has_demo_strategy, make_demo_backtest


class Command(BaseCommand):
    """`manage.py bootstrap [--demo]`: migrate, then make the admin, and the demo desk, where there is none."""

    help = "Migrates the database and makes the first admin; an existing admin is never touched."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="make the demo desk too, once")

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        if not User.objects.filter(role=Role.ADMIN).exists():
            self._make_admin()
        if options["demo"]:
            self._make_demo()

    def _make_admin(self) -> None:
        given = os.environ.get("ADMIN_PASSWORD", "")
        password = given or secrets.token_urlsafe(12)
        User.objects.create_superuser("admin", "admin@desk.local", password)
        shown = "from ADMIN_PASSWORD" if given else f"{password}   (printed this once)"
        self.stdout.write(f"admin made: user admin, password {shown}")

    def _make_demo(self) -> None:
        owner = User.objects.filter(role=Role.ADMIN).earliest("created_at")
        if find_demo() is None:
            desk = make_demo(owner, clock=timezone.now)
            self.stdout.write(f"demo made: {len(desk.accounts)} accounts, group {desk.group}, bot {desk.bot}")
        if not has_demo_strategy(owner):
            backtest = make_demo_backtest(owner, clock=timezone.now)
            self.stdout.write(f"demo backtest made: {backtest.strategy} on {backtest.instrument} {backtest.interval}")
