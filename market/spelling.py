"""What a text can mean as a symbol: its pairs, whether it names a perpetual. No list of markets is known here."""

import re
from dataclasses import dataclass

LONGEST = 64

# Other names of one coin: Bitcoin's ISO-like code, Kraken's Dogecoin.
_ALIASES = {"XBT": "BTC", "XDG": "DOGE"}
_MULTIPLES = ("1000", "10000", "100000", "1000000")

_VENUE = re.compile(r"([A-Z0-9_]+):(.+)")
_DELAYED = re.compile(r"_DLY?$")
_PERPETUAL = re.compile(r"(?:\.P|[-_.]?PERP|[-_](?:SWAP|PERPETUAL))$")
_CONTINUOUS = re.compile(r"[A-Z0-9_]+[0-9]!")
_SETTLED = re.compile(r"([A-Z0-9]+/[A-Z0-9]+):([A-Z0-9]+)")
_NAME = re.compile(r"[A-Z0-9]+(?:[-_/][A-Z0-9]+)*")
_MULTIPLE_FIRST = re.compile(rf"({'|'.join(_MULTIPLES)})([A-Z][A-Z0-9]+)")
_MULTIPLE_LAST = re.compile(rf"([A-Z]{{2,}})({'|'.join(_MULTIPLES)})")

_NO_MARKETS = {
    **dict.fromkeys(("TVC", "INDEX", "CRYPTOCAP", "SP", "DJ", "CBOE"), "an index"),
    **dict.fromkeys(("ECONOMICS", "FRED"), "a statistic"),
    **dict.fromkeys(
        ("NASDAQ", "NYSE", "AMEX", "ARCA", "BATS", "OTC", "LSE", "XETR", "TSE", "HKEX", "NSE", "BSE", "SSE", "SZSE"),
        "a stock",
    ),
}


class Unreadable(ValueError):
    """A text that can be the symbol of no market, whatever the list of markets; its message is one sentence."""


@dataclass(frozen=True, slots=True, order=True)
class Coin:
    """A currency, and how many of it one unit of the contract is: 1000PEPE is 1,000 of PEPE."""

    code: str
    multiple: int = 1


@dataclass(frozen=True, slots=True)
class Spelling:
    """The readings of one text: `compact` has no separators, `settle` is "" where the text does not say."""

    compact: str
    pairs: frozenset[tuple[Coin, str]]
    perpetual: bool
    settle: str


def read(text: str) -> Spelling:
    """Return every way to split a symbol into base and quote. Raises Unreadable with the reason in words."""
    venue, name = _without_venue(tidy(text))
    if _CONTINUOUS.fullmatch(name):
        raise Unreadable(f"{name} is a continuous future, joined from many contracts: name one contract.")
    if venue in _NO_MARKETS:
        raise Unreadable(f"{venue}:{name} is {_NO_MARKETS[venue]}, not a market of this desk.")
    settled = _SETTLED.fullmatch(name)
    name, settle = settled.groups() if settled else (name, "")
    bare = name if settled else _PERPETUAL.sub("", name)
    if not _NAME.fullmatch(bare):
        raise Unreadable(f"{name} cannot be read as a symbol.")
    return Spelling(
        compact=compact(bare),
        pairs=frozenset((coin(base), currency(quote)) for base, quote in _splits(bare)),
        perpetual=bare != name or bool(settled),
        settle=currency(settle),
    )


def tidy(text: str) -> str:
    """Return a symbol without surrounding space, in capitals. Raises Unreadable where it is no line of ASCII."""
    bare = text.strip()
    if not bare:
        raise Unreadable("A symbol is missing.")
    if len(bare) > LONGEST:
        raise Unreadable(f"A symbol has at most {LONGEST} characters.")
    if not (bare.isascii() and bare.isprintable()):
        raise Unreadable("A symbol is made of letters, digits and - _ / : . only.")
    return bare.upper()


def venue_of(name: str) -> str:
    """Return the venue that a tidy text names before its colon; "" where it names none: BTC/USDT:USDT does not."""
    return "" if _SETTLED.fullmatch(name) else _without_venue(name)[0]


def compact(name: str) -> str:
    """Return a name without its separators."""
    return re.sub(r"[-_/]", "", name)


def currency(code: str) -> str:
    """Return the usual name of a currency: XBT is BTC."""
    return _ALIASES.get(code, code)


def coin(code: str) -> Coin:
    """Return the coin that a base currency stands for: 1000SHIB and SHIB1000 are both 1,000 of SHIB."""
    if found := _MULTIPLE_FIRST.fullmatch(code):
        return Coin(currency(found[2]), int(found[1]))
    if found := _MULTIPLE_LAST.fullmatch(code):
        return Coin(currency(found[1]), int(found[2]))
    return Coin(currency(code))


def codes_of(wanted: Coin) -> set[str]:
    """Return every base currency that may stand for this coin, its multiples included where it has none."""
    names = {wanted.code} | {alias for alias, code in _ALIASES.items() if code == wanted.code}
    multiples = _MULTIPLES if wanted.multiple == 1 else (str(wanted.multiple),)
    bundled = {code for name in names for multiple in multiples for code in (multiple + name, name + multiple)}
    return bundled | names if wanted.multiple == 1 else bundled


def _without_venue(text: str) -> tuple[str, str]:
    found = _VENUE.fullmatch(text)
    return (_DELAYED.sub("", found[1]), found[2]) if found else ("", text)


def _splits(name: str) -> list[tuple[str, str]]:
    parts = re.split(r"[-_/]", name)
    if len(parts) == 1:
        return [(name[:cut], name[cut:]) for cut in range(1, len(name))]
    return [(parts[0], parts[1])] if len(parts) == 2 else []
