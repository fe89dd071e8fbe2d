"""Secrets at rest: what was sealed opens in its own place and nowhere else."""

import base64

import pytest

from core.sealing import CannotOpen, open_sealed, seal

OLD = "old:" + base64.urlsafe_b64encode(b"o" * 32).decode()
NEW = "new:" + base64.urlsafe_b64encode(b"n" * 32).decode()
PLACE = "account:1:api_secret"


@pytest.fixture(autouse=True)
def _keys(settings):
    settings.FIELD_ENCRYPTION_KEYS = OLD


@pytest.mark.parametrize("secret", ["", "k", "пароль 🔑", "x" * 10_000, "with.dots:and\nlines"])
def test_what_was_sealed_opens(secret):
    assert open_sealed(seal(secret, belongs_to=PLACE), belongs_to=PLACE) == secret


def test_a_token_does_not_show_the_secret():
    assert "hunter2" not in base64.urlsafe_b64decode(seal("hunter2", belongs_to=PLACE).split(".")[1]).decode("latin-1")


def test_the_same_secret_is_sealed_differently_each_time():
    assert seal("a", belongs_to=PLACE) != seal("a", belongs_to=PLACE)


@pytest.mark.parametrize("place", ["account:2:api_secret", "account:1:api_key", ""])
def test_a_token_moved_to_another_row_or_field_does_not_open(place):
    with pytest.raises(CannotOpen):
        open_sealed(seal("a", belongs_to=PLACE), belongs_to=place)


def test_a_rotated_key_still_opens_and_the_first_key_seals(settings):
    token = seal("a", belongs_to=PLACE)
    settings.FIELD_ENCRYPTION_KEYS = f"{NEW},{OLD}"
    assert open_sealed(token, belongs_to=PLACE) == "a"
    assert seal("a", belongs_to=PLACE).startswith("new.")


def test_a_key_that_was_taken_away_opens_nothing(settings):
    token = seal("a", belongs_to=PLACE)
    settings.FIELD_ENCRYPTION_KEYS = NEW
    with pytest.raises(CannotOpen):
        open_sealed(token, belongs_to=PLACE)


def test_another_key_under_the_same_name_opens_nothing(settings):
    token = seal("a", belongs_to=PLACE)
    settings.FIELD_ENCRYPTION_KEYS = NEW.replace("new", "old")
    with pytest.raises(CannotOpen):
        open_sealed(token, belongs_to=PLACE)


def damaged(token, index):
    raw = bytearray(base64.urlsafe_b64decode(token.split(".")[1]))
    raw[index] ^= 1
    return f"old.{base64.urlsafe_b64encode(raw).decode()}"


@pytest.mark.parametrize("index", [0, 11, 12, -1], ids=["nonce", "end of nonce", "text", "tag"])
def test_one_flipped_bit_anywhere_opens_nothing(index):
    with pytest.raises(CannotOpen):
        open_sealed(damaged(seal("a", belongs_to=PLACE), index), belongs_to=PLACE)


@pytest.mark.parametrize(
    "token", ["", ".", "old", "old.", "old.AAAA", "old.не base64", "nobody.AAAA", "old.====", "\x00.\x00"]
)
def test_what_is_no_token_opens_nothing(token):
    with pytest.raises(CannotOpen):
        open_sealed(token, belongs_to=PLACE)


def test_the_refusal_tells_nothing_of_the_secret():
    with pytest.raises(CannotOpen) as refusal:
        open_sealed(seal("hunter2", belongs_to=PLACE), belongs_to="elsewhere")
    assert "hunter2" not in refusal.value.message
    assert PLACE not in refusal.value.message
