"""Examines people and money: who can run the desk, what the ledgers add up to, whether sealed keys still open."""

from collections.abc import Iterator

from django.contrib.auth.hashers import check_password

from accounts.models import Credential, Role, User
from accounts.selectors.ledger import false_balances
from core.examinations import Finding, error, ok
from core.sealing import CannotOpen

# A password costs a quarter of a second to try.
MOST_ADMINS_TRIED = 10
MOST_CREDENTIALS = 1_000


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


def examine_credentials() -> Iterator[Finding]:
    """Open the newest keys of exchanges; an account whose keys do not open cannot be traded at its exchange."""
    newest = Credential.objects.filter(account__deleted_at=None).order_by("-updated_at", "pk")[:MOST_CREDENTIALS]
    credentials = list(newest)
    closed = [str(credential.pk) for credential in credentials if not _opens(credential)]
    if not closed:
        yield ok(f"The keys of {len(credentials)} account(s) open.")
        return
    yield error(
        f"The keys of {len(closed)} account(s) do not open with FIELD_ENCRYPTION_KEYS: {', '.join(closed[:3])}.",
        "Put the old secrets back from a backup; where they are lost, give these accounts their keys anew.",
    )


def _opens(credential: Credential) -> bool:
    try:
        for part in ("api_key", "api_secret", "passphrase"):
            credential.opened(part)
    except CannotOpen:
        return False
    return True
