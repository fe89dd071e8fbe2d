"""Which noise a fill gets: drawn from what names it by mixing integers, so that a replay is identical.

Words are integers of 32 bits, held in at least 64: constants that multiply are below 2³¹, so no product reaches 2⁶³ and
Python's integers and compiled ones say the same.
"""

_WORD = 0xFFFFFFFF
# Added before each word, so that a word of nothing but zeros is mixed too.
_GOLDEN = 0x9E3779B9


def draw(seed, instrument, milliseconds, leg):
    """Return a word, 0 to 2³² − 1, evenly spread: always the same for the same arguments, another for others.

    `seed` and `milliseconds` (UTC, from 1970 on) count with their lower 64 bits, `instrument` and `leg` with 32.
    """
    mixed = _mixed(_GOLDEN, seed)
    mixed = _mixed(mixed, seed >> 32)
    mixed = _mixed(mixed, instrument)
    mixed = _mixed(mixed, milliseconds)
    mixed = _mixed(mixed, milliseconds >> 32)
    return _mixed(mixed, leg)


def noise(span, drawn):
    """Return the noise that a drawn word stands for, from −span to span: span × (2 × drawn ÷ most − 1)."""
    return span * 2 * drawn / _WORD - span


def _mixed(mixed, word):
    """Return what was mixed so far with one word more. Source: Wellons, 'Prospecting for Hash Functions', 2 rounds."""
    word = ((mixed ^ (word & _WORD)) + _GOLDEN) & _WORD
    word = (word ^ (word >> 16)) * 0x21F0AAAD & _WORD
    word = (word ^ (word >> 15)) * 0x735A2D97 & _WORD
    return word ^ (word >> 15)
