"""Examines people and money: that somebody can run the desk, that every balance is what its ledger adds up to."""

from collections.abc import Iterator

from django.contrib.auth.hashers import check_password

from accounts.models import Role, User
from accounts.selectors.ledger import false_balances
from core.examinations import Finding, error, ok

# A password costs a quarter of a second to try.
MOST_ADMINS_TRIED = 10


def examine_admins() -> Iterator[Finding]:
    """Look for an admin who can log in, and try each one's name as the password."""
    admins = list(User.objects.filter(role=Role.ADMIN, is_active=True).order_by("created_at")[:MOST_ADMINS_TRIED])
    if not admins:
        yield error("There is no active admin.", "Run `manage.py createsuperuser`.")
        return
    careless = [admin.username for admin in admins if check_password(admin.username, admin.password)]
    if careless:
        advice = "Run `manage.py changepassword` with the name, and end that person's sessions."
        yield error(f"The password is the user name of: {', '.join(careless)}.", advice)
    else:
        yield ok("An admin can log in, not with the user name as password.")


def examine_books() -> Iterator[Finding]:
    """Add up every ledger in one statement."""
    false = list(false_balances().values_list("pk", flat=True)[:3])
    if not false:
        yield ok("Every balance is what its ledger adds up to.")
        return
    many = false_balances().count()
    yield error(
        f"{many} account(s) have a balance that their ledger does not add up to: {', '.join(map(str, false))}.",
        "Stop their bots; GET /api/v1/accounts/<id>/reconcile tells the difference; find who wrote past the desk.",
    )
