"""Where the bodies of venues, alerts of other platforms and candle files are that tests read; they are not in here."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RECORDINGS = Path(os.environ.get("RECORDINGS") or ROOT.parent / "shared" / "data")
EXCHANGES = RECORDINGS / "exchanges"
LISTINGS = RECORDINGS / "listings"
CANDLES = RECORDINGS / "ohlcv"
ALERTS = RECORDINGS / "tradingview" / "payloads.json"
SYMBOLS = RECORDINGS / "tradingview" / "symbols.json"
