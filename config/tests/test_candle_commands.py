"""`manage.py import_candles` and `export_candles`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from market.models import CandleBlock

pytestmark = pytest.mark.django_db
ROWS = "1772409600000,10.0,12.0,9.0,11.0,5.0\n1772409660000,11.0,12.0,9.0,11.5,6.0\n"
TEXT = "timestamp,open,high,low,close,volume\n" + ROWS


def told(*arguments: object) -> str:
    out = StringIO()
    call_command(*map(str, arguments), stdout=out)
    return out.getvalue()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "candles.csv"
    path.write_text(TEXT)
    return path


def test_import_says_what_is_new_and_what_is_wrong_where(file):
    file.write_text(TEXT + "1772409780000,x,12,9,11,5\n1772409840000,10,12,9,11,5\n")
    lines = told("import_candles", "BTC/USDT", file, "--interval", "1m").splitlines()
    assert lines == [
        "4 rows: 3 new, 0 replaced, 0 as they were.",
        "1 bad, not stored: line 4",
        "1 gaps: 2026-03-02T00:02Z to 2026-03-02T00:04Z",
    ]


def test_the_second_import_of_a_file_says_that_nothing_changed(file):
    told("import_candles", "BTCUSDT", file, "--interval", "1m")
    assert told("import_candles", "BTCUSDT", file, "--interval", "1m").endswith("Nothing changed.\n")


def test_what_was_imported_is_exported(file):
    told("import_candles", "BTCUSDT", file, "--interval", "1m")
    assert told("export_candles", "BTCUSDT", "--interval", "1m") == TEXT


def test_an_export_may_go_into_a_file(file, tmp_path):
    told("import_candles", "BTCUSDT", file, "--interval", "1m")
    told("export_candles", "BTCUSDT", "--interval", "1m", "--end", "2026-03-02T00:01", "--output", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == "".join(TEXT.splitlines(keepends=True)[:2])


@pytest.mark.parametrize(("symbol", "said"), [("BTCUSDX", "Near it"), ("TVC:DXY", "index")])
def test_an_unknown_symbol_is_refused(file, symbol, said):
    with pytest.raises(CommandError, match=said):
        told("import_candles", symbol, file, "--interval", "1m")
    assert not CandleBlock.objects.exists()


def test_a_bad_file_is_refused(file):
    file.write_text("nothing")
    with pytest.raises(CommandError, match="header"):
        told("import_candles", "BTCUSDT", file, "--interval", "1m")
