"""What the linter finds in a message: each fault with its level and its place, and none where there is none."""

import pytest
from django.utils import timezone

from webhooks.linting.placeholders import AlertType
from webhooks.services.lints import lint_alert
from webhooks.tests.bodies import GOOD, LITERAL, text

UNITS = {**{name: value for name, value in GOOD.items() if name != "size"}, "contracts": "{{strategy.order.contracts}}"}

FOUND = [
    # text, type, code, level, a word of the sentence, where
    ('{\n  "side": "buy",\n}', None, "NOT_JSON", "error", "comma", "line 3, column 1"),
    ("{“side”: “buy”}", None, "NOT_JSON", "error", "curly quote", "line 1, column 2"),
    ('{"side": buy}', None, "NOT_JSON", "error", "without double quotes", "line 1, column 10"),
    ('{"at": "{{timenow}}", "side": buy}', None, "NOT_JSON", "error", "without double quotes", "line 1, column 31"),
    ('{"a": "{{plot("RSI")}}", "b": x}', None, "NOT_JSON", "error", "without double", "line 1, column 31"),
    ('{"side": {{strategy.order.action}}}', None, "UNQUOTED_PLACEHOLDER", "error", "a word", "line 1, column 10"),
    ('{"price":\n {{close}}}', None, "UNQUOTED_PLACEHOLDER", "warning", "NaN", "line 2, column 2"),
    (text(LITERAL, size="{{plot_20}}"), None, "UNKNOWN_PLACEHOLDER", "error", "plot_20", "line 1, column 47"),
    (text(LITERAL, x="{{strategy.order.actoin}}"), None, "UNKNOWN_PLACEHOLDER", "error", "order.action}}?", None),
    (text(LITERAL, x="{{ ticker }}"), None, "UNKNOWN_PLACEHOLDER", "error", "mean {{ticker}}?", None),
    (text(LITERAL, x="{{close}"), None, "BROKEN_PLACEHOLDER", "error", "does not close", None),
    (text(LITERAL, x="{close}"), None, "BROKEN_PLACEHOLDER", "error", "write {{close}}", None),
    (text(GOOD), "indicator", "PLACEHOLDER_NOT_FILLED", "error", "alerts of strategies", "line 1, column 36"),
    (text(LITERAL, x="{{plot_0}}"), "price", "PLACEHOLDER_NOT_FILLED", "error", "indicators", None),
    (text(LITERAL, x="{{interval}}"), None, "INTERVAL", "info", "is 1", None),
    (text(LITERAL, x="{{interval}}"), "price", "INTERVAL", "warning", "is 1", None),
    (text(GOOD, x="{{strategy.order.comment}}"), None, "FREE_TEXT", "warning", "double quote", None),
    (text(GOOD, x="{{strategy.order.id}}"), None, "FREE_TEXT", "info", "double quote", None),
    (text(LITERAL, x="a" * 4_000), None, "TOO_LONG", "warning", "4000", None),
    (text(LITERAL, x="a" * 40_960), None, "TOO_LONG", "error", "40960", None),
    ("{{strategy.order.alert_message}}", None, "MADE_BY_SCRIPT", "info", "script", None),
    # what it would do
    (text(LITERAL, timenow=None), None, "NO_TIMENOW", "warning", "late", None),
    (text(LITERAL, timenow="2026-01-31T12:00:00Z"), None, "TIMENOW_FIXED", "error", "always the same", None),
    (text(LITERAL, timenow=None), None, "ALWAYS_THE_SAME", "warning", "30 seconds", None),
    (text(LITERAL), None, "NO_ALERT_ID", "info", "30 seconds", None),
    (text(LITERAL, alert_id="mine"), None, "ALERT_ID_FIXED", "error", "dropped", None),
    (text(GOOD, alert_id="{{timenow}}"), None, "FILLS_LOOK_ALIKE", "warning", "one second", None),
    (text(GOOD, alert_id=None), None, "FILLS_LOOK_ALIKE", "warning", "one second", None),
    (text(GOOD, market_position=None), None, "NO_MARKET_POSITION", "warning", "other side", None),
    (text(LITERAL), None, "NO_SECRET", "info", "address", None),
    (text(LITERAL, do_trade=False), None, "NOT_TRADED", "warning", "not to be traded", None),
    (text(LITERAL, symbol="BINANCE_DLY:BTCUSDT"), None, "DELAYED_FEED", "warning", "delayed", None),
    (text(LITERAL, exchange="NYSE_DL"), None, "DELAYED_FEED", "warning", "delayed", None),
    (text(LITERAL, colour="red"), None, "IGNORED_FIELDS", "info", "'colour'", None),
    (text(LITERAL, side=None), None, "NO_SIDE", "error", "no side", None),
    (text(LITERAL, size="some"), None, "INVALID_SIZE", "error", "size", None),
    (text(UNITS), None, "REVERSAL_DOUBLES", "warning", "both positions", None),
    (
        text(UNITS, prev_market_position="{{strategy.prev_market_position}}"),
        None,
        "INVALID_SIZE",
        "error",
        "A rev",
        None,
    ),
    (text(GOOD, market_position="long"), None, "CONFLICTING_FIELDS", "error", "An exit", None),
    ("hello", None, "UNCLEAR_TEXT", "error", "no alert", None),
    ("", None, "NOT_JSON", "error", "empty", None),
    ("\x00", None, "NOT_TEXT", "error", "NUL", None),
    ("\ud800", None, "NOT_TEXT", "error", "UTF-8", None),
]


def linted(text, alert_type=None):
    """Lint a text for no bot; return the first finding of each code."""
    kind = AlertType(alert_type) if alert_type else None
    lint = lint_alert(text, alert_type=kind, bot=None, may_preview=False, clock=timezone.now)
    return {finding.code: finding for finding in reversed(lint.findings)}


@pytest.mark.parametrize(("pasted", "alert_type", "code", "level", "word", "where"), FOUND)
def test_what_is_wrong_is_found(pasted, alert_type, code, level, word, where):
    finding = linted(pasted, alert_type)[code]
    assert (str(finding.level), word.lower() in finding.message.lower()) == (level, True)
    assert where in {None, finding.where}


NOT_FOUND = [
    (text(GOOD), "strategy", {"FILLS_LOOK_ALIKE", "NO_MARKET_POSITION", "NO_TIMENOW", "NO_ALERT_ID", "INTERVAL"}),
    (text(GOOD), None, {"PLACEHOLDER_NOT_FILLED", "UNQUOTED_PLACEHOLDER", "FREE_TEXT", "BROKEN_PLACEHOLDER"}),
    (text(LITERAL, secret="abc"), "indicator", {"NO_SECRET", "ALWAYS_THE_SAME", "WRONG_SECRET", "IGNORED_FIELDS"}),
    (text(LITERAL, symbol="DLY:BTCUSDT"), None, {"DELAYED_FEED"}),
    ('{"a": {"b": {"c": "{{close}}"}}}', None, {"BROKEN_PLACEHOLDER", "NOT_JSON"}),
    ("buy BTCUSDT {{close}}", None, {"UNQUOTED_PLACEHOLDER", "NOT_JSON"}),
]


@pytest.mark.parametrize(("pasted", "alert_type", "codes"), NOT_FOUND)
def test_what_is_right_is_not_found_fault_with(pasted, alert_type, codes):
    assert linted(pasted, alert_type).keys() & codes == set()


def test_a_wrong_place_is_told_once_and_many_are_counted():
    found = linted("{{a}}{{a}}" + "".join(f"{{{{x{number}}}}}" for number in range(100)))
    assert found["MORE"].message.startswith("81 more placeholders")


def test_placeholders_of_which_there_are_none_are_never_near_to_nothing():
    assert linted("{{qqqqqqqqqqqqqqqqqqqq}}")["UNKNOWN_PLACEHOLDER"].message.endswith("qqq}}'.")
