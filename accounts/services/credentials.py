"""Keeps what accounts are traded with at their exchanges: sealed as soon as it is here."""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Credential, TradingAccount
from accounts.selectors.trading_accounts import AccountMissing

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of an exchange in the clear, on their way to being sealed. No repr shows them."""

    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    passphrase: str = field(default="", repr=False)


def keep_credentials(account_id: UUID, keys: Keys, *, now: datetime) -> None:
    """Seal `keys` for a living account, in place of all that it had before. Raises AccountMissing."""
    with transaction.atomic():
        if not TradingAccount.objects.living().locked().filter(pk=account_id).exists():
            raise AccountMissing
        credential = Credential(account_id=account_id, updated_at=now)
        credential.put(api_key=keys.api_key, api_secret=keys.api_secret, passphrase=keys.passphrase)
        credential.save()
    logger.info("the credentials of account %s were replaced", account_id)
