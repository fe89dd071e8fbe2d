"""Whose the account of a row is: a column beside the account, whose name alone does not say."""

from unfold.decorators import display

from trading.models import Fill, Order, Outcome, Position


@display(description="owner", ordering="account__owner__username")
def owner(row: Order | Fill | Outcome | Position) -> str:
    return str(row.account.owner)
