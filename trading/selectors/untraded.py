"""Which accounts of a signal have not traded, all tries of it taken together."""

from uuid import UUID

from django.db.models import Q, QuerySet

from trading.models import Outcome, OutcomeStatus, Signal, SignalStatus

DID_NOT_TRADE = (OutcomeStatus.REJECTED, OutcomeStatus.SKIPPED)


def first_try_of(signal: Signal) -> UUID:
    """Return the id of the signal of which this is a try: its own, where it is the first."""
    return signal.retry_of_id or signal.pk


def untraded(first_try: UUID) -> QuerySet[Outcome]:
    """Return the refusals and skips, over the signal and its retries, of the accounts that had nothing else.

    One whose outcome is unknown, pending or of any fill, in whichever try, is never among them.
    """
    tries = Q(signal=first_try) | Q(signal__retry_of=first_try)
    traded = Outcome.objects.filter(tries).exclude(status__in=DID_NOT_TRADE).values("account")
    return Outcome.objects.filter(tries).exclude(account__in=traded).order_by("account")


def untraded_accounts(first_try: UUID) -> list[UUID]:
    """Return the accounts of what `untraded` returns, each once, by id."""
    return list(untraded(first_try).values_list("account", flat=True).distinct())


def is_running(first_try: UUID) -> bool:
    """Say whether any try of the signal is still being traded."""
    tries = Q(pk=first_try) | Q(retry_of=first_try)
    return Signal.objects.filter(tries, status=SignalStatus.PROCESSING).exists()
