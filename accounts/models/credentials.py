"""Keys of real exchanges, sealed."""

from django.db import models

from accounts.models.trading_accounts import TradingAccount
from core.sealing import open_sealed, seal


class Credential(models.Model):
    """What an account is traded with at its exchange, each part sealed for this account and this field.

    Written by services/credentials.py; opened by brokers only. No part of it ever leaves the desk.
    """

    account = models.OneToOneField(
        TradingAccount, primary_key=True, on_delete=models.CASCADE, related_name="credential"
    )
    api_key = models.TextField(editable=False)
    api_secret = models.TextField(editable=False)
    passphrase = models.TextField(blank=True, editable=False)
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"credential of {self.account_id}"

    def put(self, **parts: str) -> None:
        """Seal parts, each by its name, so that a log that tells of the call knows them for secrets; "" stays empty."""
        for part, plain_text in parts.items():
            setattr(self, part, seal(plain_text, belongs_to=self._place(part)) if plain_text else "")

    def opened(self, part: str) -> str:
        """Return one part in the clear. Raises CannotOpen."""
        token: str = getattr(self, part)
        return open_sealed(token, belongs_to=self._place(part)) if token else ""

    def _place(self, part: str) -> str:
        return f"account:{self.account_id}:{part}"
