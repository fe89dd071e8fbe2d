"""Importing and exporting candles: what is sound is stored, what is not is counted with its line, nothing is mended."""

from datetime import timedelta

import numpy as np
import pytest

from config.tests.recordings import CANDLES
from market.candles import csv_files
from market.candles.csv_files import BadCandleFile
from market.candles.reading import stored_candles
from market.intervals import Interval
from market.models import CandleBlock
from market.services.candle_files import export_candles, import_candles
from market.services.candles import Stored
from market.tests.candles.making import MIDNIGHT, NOW, milliseconds, rows, walk, without

pytestmark = pytest.mark.django_db
HEADER = "timestamp,open,high,low,close,volume\n"
START = milliseconds(MIDNIGHT)


def line(minute, *, prices="10,12,9,11,5"):
    return f"{START + minute * 60_000},{prices}\n"


@pytest.fixture
def bring(btcusdt, tmp_path):
    """Import a text as a file of minutes."""

    def bring(text, *, interval=Interval.M1, name="candles.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return import_candles(btcusdt, interval, path, now=NOW, progress=lambda share, rows: None)

    return bring


@pytest.fixture
def read(btcusdt):
    return lambda: rows(stored_candles(btcusdt.id, Interval.M1, first=0, end=10**8))


def packed():
    return list(CandleBlock.objects.values_list("number", "first_slot", "slots", "count", "data").order_by("number"))


def exported(instrument, **span):
    return "".join(export_candles(instrument, Interval.M1, **{"start": None, "end": None, "now": NOW, **span}))


def test_rows_with_a_header_are_stored(bring, read):
    told = bring(HEADER + line(0) + line(1, prices="11,12.5,10.25,12,0"))
    assert (told.rows, told.stored, told.gaps) == (2, Stored(2, 0, 0), [])
    assert read() == [(START, 10, 12, 9, 11, 5), (START + 60_000, 11, 12.5, 10.25, 12, 0)]


@pytest.mark.parametrize(
    "names", ["Date;Open;High;Low;Close;Volume", "open_time;o;h;l;c;v", "﻿Time;open;high;low;close;volume"]
)
@pytest.mark.parametrize(
    "time",
    [
        "1772409600",
        "1772409600000",
        "1772409600000000",
        "2026-03-02",
        "2026-03-02 00:00:00+00:00",
        "2026-03-02T01:00+01:00",
    ],
)
def test_times_and_names_are_taken_as_they_usually_are(bring, read, names, time):
    bring(f"{names}\n{time};10;12;9;11;5\n")
    assert read() == [(START, 10, 12, 9, 11, 5)]


def test_columns_may_stand_in_any_order_among_others(bring, read):
    bring(f"volume,trades,close,low,high,open,date\n5,99,11,9,12,10,{START}\n")
    assert read() == [(START, 10, 12, 9, 11, 5)]


def test_a_dump_of_binances_needs_no_header(bring, read):
    bring(f"{START},10,12,9,11,5,{START + 59_999},55,3,1,11,0\n")
    assert read() == [(START, 10, 12, 9, 11, 5)]


NO_NUMBERS = ["nan,12,9,11,5", "10,inf,9,11,5", "10,12,9,11,", "10,12,9,11", "10,12,9,x,5", "1_0,12,9,11,5"]
NO_CANDLES = ["10,8,9,11,5", "10,12,10.5,11,5", "10,12,9,-11,5", "10,12,9,11,-5", "0,12,0,11,5"]


@pytest.mark.parametrize("prices", NO_NUMBERS + NO_CANDLES)
def test_a_bad_row_is_counted_with_its_line_and_not_stored(bring, read, prices):
    told = bring(HEADER + line(0) + line(1, prices=prices) + line(2))
    assert (told.troubles["bad"].count, told.troubles["bad"].lines) == (1, [3])
    assert [row[0] for row in read()] == [START, START + 120_000]
    assert told.gaps == [(START + 60_000, START + 120_000)]


@pytest.mark.parametrize("time", ["", "soon", "-5", "1e999", "17724096001"])
def test_a_time_that_is_none_is_a_bad_row(bring, time):
    told = bring(HEADER + line(0) + f"{time},10,12,9,11,5\n")
    assert (told.troubles["bad"].lines, told.stored.added) == ([3], 1)


def test_a_candle_between_two_openings_is_counted(bring):
    told = bring(HEADER + line(0) + line(1.5) + line(2))
    assert (told.troubles["misaligned"].lines, told.stored.added) == ([3], 2)


def test_of_two_candles_of_one_time_the_first_is_stored(bring, read):
    told = bring(HEADER + line(0) + line(1) + line(0, prices="10,99,9,11,5"))
    assert (told.troubles["duplicate"].lines, told.stored) == ([4], Stored(2, 0, 0))
    assert read()[0][2] == 12


def test_a_duplicate_of_an_earlier_batch_is_found(bring, read, monkeypatch):
    monkeypatch.setattr(csv_files, "BATCH", 2)
    told = bring(HEADER + line(0) + line(1) + line(2) + line(0, prices="10,99,9,11,5") + line(3))
    assert (told.troubles["duplicate"].lines, told.stored) == ([5], Stored(4, 0, 0))
    assert read()[0][2] == 12


def test_the_newest_first_is_out_of_order_and_stored(bring, read):
    told = bring(HEADER + line(2) + line(1) + line(0))
    assert (told.troubles["out of order"].lines, told.stored.added) == ([3, 4], 3)
    assert [row[0] for row in read()] == [START, START + 60_000, START + 120_000]


def test_a_candle_that_still_runs_is_not_stored(bring):
    told = bring(HEADER + f"{milliseconds(NOW)},10,12,9,11,5\n" + line(0))
    assert (told.troubles["unclosed"].lines, told.stored.added) == ([2], 1)


def test_only_the_first_lines_of_a_trouble_are_named(bring):
    told = bring(HEADER + line(0) + "".join(line(minute, prices="x,12,9,11,5") for minute in range(1, 50)))
    assert (told.troubles["bad"].count, told.troubles["bad"].lines) == (49, [3, 4, 5, 6, 7])


def test_the_same_file_again_changes_nothing(bring):
    text = HEADER + line(0) + line(1)
    bring(text)
    before = list(CandleBlock.objects.values())
    assert bring(text).stored == Stored(0, 0, 2)
    assert list(CandleBlock.objects.values()) == before


def test_an_import_that_was_cut_off_is_completed_by_another(bring, read, monkeypatch):
    monkeypatch.setattr(csv_files, "BATCH", 2)
    broken = HEADER + line(0) + line(1)
    with pytest.raises(BadCandleFile):
        bring(broken.encode() + b"\xff\n" + line(2).encode())
    assert bring(broken + line(2)).stored == Stored(1, 0, 2)
    assert len(read()) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no header"),
        ("timestamp,open,open,high,low,close,volume", "open twice"),
        (HEADER, "no candles"),
        ("timestamp,open,high,low,close\n1,2,3,4,5\n", "no volume"),
        (line(0), "no header"),
        (b"\xff\xfe\x00", "no text"),
        (f"{START},10,12,9,11,5,{START + 3_599_999},55,3,1,11,0\n", "no dump of Binance's of 1m"),
    ],
)
def test_a_file_that_is_none_is_refused_in_a_sentence(bring, read, text, said):
    with pytest.raises(BadCandleFile, match=said):
        bring(text)
    assert read() == []


def test_a_file_that_is_not_there_is_refused(btcusdt, tmp_path):
    with pytest.raises(BadCandleFile, match="no file"):
        import_candles(btcusdt, Interval.M1, tmp_path / "none.csv", now=NOW, progress=print)


def test_feather_without_pyarrow_is_refused(bring, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BadCandleFile, match="pyarrow"):
        bring(b"ARROW1", name="candles.feather")


def test_feather_as_freqtrade_writes_it_is_read(bring, read, tmp_path):
    feather = pytest.importorskip("pyarrow.feather", reason="pyarrow is not installed")
    import pyarrow

    series = walk(500)
    columns = {"date": pyarrow.array(series.opened_at, pyarrow.timestamp("ms", "UTC"))}
    columns |= {name: getattr(series, name) for name in ("open", "high", "low", "close", "volume")}
    feather.write_feather(pyarrow.table(columns), tmp_path / "made.feather")
    assert bring((tmp_path / "made.feather").read_bytes(), name="candles.feather").stored == Stored(500, 0, 0)
    assert read() == rows(series)


@pytest.mark.parametrize(("opens", "said"), [([], "no candles"), (["x"], "no numbers")])
def test_feather_without_candles_or_numbers_is_refused(bring, tmp_path, opens, said):
    feather = pytest.importorskip("pyarrow.feather", reason="pyarrow is not installed")
    import pyarrow

    columns = {name: pyarrow.array(opens) for name in ("open", "high", "low", "close", "volume")}
    columns |= {"date": pyarrow.array([START] * len(opens), pyarrow.timestamp("ms", "UTC"))}
    feather.write_feather(pyarrow.table(columns), tmp_path / "made.feather")
    with pytest.raises(BadCandleFile, match=said):
        bring((tmp_path / "made.feather").read_bytes(), name="candles.feather")


def test_an_export_is_imported_as_the_same_bytes(bring, btcusdt):
    series = without(walk(4_000), 5, 1_500)
    series.volume[7] = np.nextafter(0.1, 1)
    bring(HEADER + "".join(",".join(map(repr, row)) + "\n" for row in rows(series)))
    before, text = (
        list(CandleBlock.objects.values_list("number", "first_slot", "slots", "count", "data")),
        exported(btcusdt),
    )
    CandleBlock.objects.all().delete()
    bring(text)
    assert list(CandleBlock.objects.values_list("number", "first_slot", "slots", "count", "data")) == before


def test_an_export_has_a_start_and_an_end(bring, btcusdt):
    bring(HEADER + line(0) + line(1) + line(2) + line(3))
    minute = timedelta(minutes=1)
    told = exported(btcusdt, start=MIDNIGHT + minute, end=MIDNIGHT + 3 * minute)
    assert [row.split(",")[0] for row in told.splitlines()] == ["timestamp", str(START + 60_000), str(START + 120_000)]


@pytest.mark.skipif(not CANDLES.is_dir(), reason=f"{CANDLES} is not there")
@pytest.mark.parametrize(
    ("name", "interval", "rows", "duplicates"),
    [
        ("binance_spot_BTCUSDT_1m_2024-12.csv", Interval.M1, 41_761, 0),
        ("bybit_linear_BTCUSDT_60m_2025.csv", Interval.H1, 720, 0),
        ("bybit_linear_BTCUSDT_1d_2020_2025.csv", Interval.D1, 1_826, 1),
        ("backtestingpy_GOOG.csv", Interval.D1, 2_148, 0),
    ],
)
def test_recorded_files_are_stored_and_a_day_that_stands_twice_is_found(btcusdt, name, interval, rows, duplicates):
    told = import_candles(btcusdt, interval, CANDLES / name, now=NOW, progress=lambda share, rows: None)
    assert (told.rows, told.stored) == (rows, Stored(rows - duplicates, 0, 0))
    assert {kind: trouble.count for kind, trouble in told.troubles.items()} == {
        **dict.fromkeys(told.troubles, 0),
        "duplicate": duplicates,
    }
