"""Secrets at rest: AES-256-GCM under keys from the environment, bound to the row and field they belong to.

A token is `key id . base64(nonce + ciphertext)`. The associated data names the row and the field, so that a
token moved to another row does not open. The first key seals; all keys open.
"""

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from core.errors import AppError

_NONCE_BYTES = 12


class CannotOpen(AppError):
    """A sealed value that no key opens here: wrong key, wrong row, or damaged."""

    status = 500
    code = "CANNOT_OPEN"


def seal(plain_text: str, *, belongs_to: str) -> str:
    """Return a token for `plain_text` that opens only with the same `belongs_to`, e.g. "bot:<id>:key"."""
    key_id, key = next(iter(_keys().items()))
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, plain_text.encode(), belongs_to.encode())
    return f"{key_id}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def open_sealed(token: str, *, belongs_to: str) -> str:
    """Return what was sealed. Raises CannotOpen."""
    key_id, _, body = token.partition(".")
    try:
        key = _keys()[key_id]
        raw = base64.urlsafe_b64decode(body)
        opened = AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], belongs_to.encode())
    except (KeyError, ValueError, binascii.Error, InvalidTag) as error:
        raise CannotOpen("A sealed value does not open with the keys of this desk.") from error
    return opened.decode()


def _keys() -> dict[str, bytes]:
    pairs = (item.split(":", 1) for item in settings.FIELD_ENCRYPTION_KEYS.split(",") if item)
    return {key_id.strip(): base64.urlsafe_b64decode(key.strip()) for key_id, key in pairs}
