"""Decides whether a request's sender is proved, and for which bot; says nothing of why not."""

import hashlib
import hmac
import re
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from bots.models import Bot
from bots.services.bots import key_hash, valid_keys
from core.errors import Unauthenticated
from webhooks.models import Proof
from webhooks.secrets import bot_of, find_secret

_SIGNATURE = re.compile(r"(?:sha256=)?([0-9a-fA-F]{64})")


@dataclass(frozen=True, slots=True)
class Sender:
    """A proved sender: its bot, how it was proved, and the secrets that must not be kept."""

    bot: Bot
    proof: Proof
    secrets: tuple[str, ...]


class UnknownSender(Unauthenticated):
    """One answer for an unknown bot, a wrong key and a wrong signature."""

    code = "UNKNOWN_SENDER"

    def __init__(self) -> None:
        super().__init__("The sender of this request is not known.")


def prove_sender(raw: bytes, *, url_key: str, signature: str, now: datetime) -> Sender:
    """Return the sender, by the URL's key, else a signature of the raw body, else a secret in it.

    Raises UnknownSender. Only the first that is offered is looked at.
    """
    if url_key:
        return _by_key(url_key, Proof.URL_KEY, now)
    if signature:
        return _by_signature(raw, signature, now)
    secret = find_secret(raw)
    if not secret:
        raise UnknownSender
    return _by_key(secret, Proof.BODY_SECRET, now)


def _by_key(key: str, proof: Proof, now: datetime) -> Sender:
    digest = key_hash(key)
    bot = Bot.objects.living().filter(key_hash=digest).first()
    if bot is None:
        bot = Bot.objects.living().filter(previous_key_hash=digest, previous_key_until__gt=now).first()
    if bot is None:
        raise UnknownSender
    keys = valid_keys(bot, now=now)
    if not any(_same(key, valid) for valid in keys):
        raise UnknownSender
    return Sender(bot, proof, tuple(keys))


def _by_signature(raw: bytes, signature: str, now: datetime) -> Sender:
    """Return the bot of those that the body names whose key signed it: names are not unique, keys are."""
    given = _SIGNATURE.fullmatch(signature.strip())
    if given is None:
        raise UnknownSender
    for bot in _named_bots(raw):
        keys = valid_keys(bot, now=now)
        expected = [hmac.new(key.encode(), raw, hashlib.sha256).hexdigest() for key in keys]
        if any(_same(given[1].lower(), digest) for digest in expected):
            return Sender(bot, Proof.SIGNATURE, tuple(keys))
    raise UnknownSender


def _named_bots(raw: bytes) -> QuerySet[Bot]:
    """Return the living bots that the body names: one by its id, or all of a name."""
    name, bot_id = bot_of(raw)
    living = Bot.objects.living().order_by("created_at", "pk")
    if bot_id:
        try:
            return living.filter(pk=uuid.UUID(bot_id))
        except ValueError:
            return living.none()
    if not name or "\x00" in name or not name.isprintable():
        return living.none()
    return living.filter(name=name)


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())
