"""POST /webhook/lint: what is wrong with a pasted alert is told with its place, and no secret is ever echoed."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Share
from bots.models import Bot, BotStatus
from bots.services.bots import change_status, create_bot, rotate_key, webhook_key
from bots.services.connections import connect_account
from webhooks.alert_templates import indicator_message, strategy_message
from webhooks.linting.placeholders import NAMES, AlertType
from webhooks.services.lints import lint_alert
from webhooks.tests.bodies import GOOD, LITERAL, text
from webhooks.tests.test_alert_template import CONFIGS

DOOR = "/api/v1/webhook/lint"
PREVIEW = "/api/v1/trading/preview"


@pytest.fixture
def bot(tom, still_market, account_of):
    bot = create_bot(owner=tom, name="Badger", symbol="BTCUSDT", config={})
    connect_account(bot, account_of(tom))
    return change_status(bot.id, BotStatus.ACTIVE)


@pytest.fixture
def api(tom, client_of):
    return client_of(tom)


def asked(api, message, **fields):
    return api.post(DOOR, {"message": message, **fields})


def codes(body, *levels_):
    return {each["code"] for each in body["findings"] if each["level"] in levels_}


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_the_templates_have_no_fault(bot, config):
    Bot.objects.update(config=config)
    bot.refresh_from_db()
    key, settings_ = webhook_key(bot), bot.settings
    sides = [indicator_message(key, settings_, side=side) for side in ("buy", "sell", "close")]
    pasted = [(strategy_message(key, settings_), AlertType.STRATEGY), *((each, AlertType.INDICATOR) for each in sides)]
    found = [
        str(finding.level)
        for message, kind in pasted
        for finding in lint_alert(message.text, alert_type=kind, bot=bot, may_preview=True, clock=timezone.now).findings
    ]
    assert set(found) <= {"info"}


def test_it_answers_what_is_read_and_what_it_would_do(api, bot):
    body = asked(api, text(GOOD, secret=webhook_key(bot)), bot_id=str(bot.id), alert_type="strategy").json()
    assert (body["readable"], body["dialect"], codes(body, "error", "warning")) == (True, "json", set())
    understood = {name: body["understood"][name] for name in ("side", "symbol", "size", "market_position")}
    assert understood == {"side": "buy", "symbol": "BTCUSDT", "size": "1%", "market_position": "long"}
    assert (body["preview"]["status"], body["preview"]["success_count"]) == ("accepted", 1)


def test_its_preview_is_that_of_the_preview(api, bot, still_market):
    still_market.at = timezone.now()
    message = text({"symbol": "BTCUSDT", "side": "buy", "size": "1%"})
    preview = api.post(PREVIEW, {"alert": {"bot_id": str(bot.id), "body": message}}).json()
    assert asked(api, message, bot_id=str(bot.id)).json()["preview"] == preview


@pytest.mark.parametrize(
    ("side", "ignored"), [("buy", {"colour": "blue"}), ("close", {"colour": "blue", "size": "1%"})]
)
def test_what_is_ignored_changes_nothing(api, side, ignored):
    sizes = {"market_position_size": "2", "prev_market_position_size": "1"}
    body = asked(api, text({"symbol": "BTCUSDT", "side": side, "size": "1%", "colour": "blue", **sizes})).json()
    assert body["understood"]["ignored"] == ignored


def test_the_type_of_an_alert_is_taken_in_any_case(api):
    assert asked(api, text(GOOD), alert_type="Strategy").json()["readable"] is True


def test_without_a_bot_there_is_no_preview(api):
    body = asked(api, text(LITERAL)).json()
    assert (body["readable"], body["preview"]) == (True, None)


def test_an_object_is_linted_as_its_json(api):
    assert asked(api, LITERAL).json()["understood"]["side"] == "buy"


def test_what_is_not_read_says_so(api, bot):
    body = asked(api, "{", bot_id=str(bot.id)).json()
    assert (body["readable"], body["dialect"], body["understood"], body["preview"]) == (False, "unknown", None, None)


@pytest.mark.parametrize(
    ("config", "fields", "level", "code"),
    [
        ({}, {"symbol": "ETHUSDT"}, "error", "SYMBOL_NOT_ALLOWED"),
        ({"allowed_symbols": ["BTC-USD"]}, {}, "error", "SYMBOL_NOT_ALLOWED"),
        ({}, {"symbol": "NOSUCHCOIN"}, "error", "UNKNOWN_SYMBOL"),
        ({}, {"size": None}, "error", "NO_SIZE"),
        ({}, {"order_type": "limit", "price": "{{close}}"}, "error", "ORDER_TYPE_UNSUPPORTED"),
    ],
    ids=str,
)
def test_what_the_bot_would_refuse_is_found(api, bot, config, fields, level, code):
    Bot.objects.update(config=config)
    assert code in codes(asked(api, text(LITERAL, **fields), bot_id=str(bot.id)).json(), level)


def test_a_bot_that_stands_still_is_no_fault_of_the_message(api, bot):
    change_status(bot.id, BotStatus.PAUSED)
    body = asked(api, text(LITERAL), bot_id=str(bot.id)).json()
    assert ("BOT_NOT_ACTIVE" in codes(body, "warning"), codes(body, "error")) == (True, set())


# secrets


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ({"secret": "KEY"}, set()),
        ({"secret": "Not-the-key-of-the-bot"}, {"WRONG_SECRET"}),
        ({"secret": "OLD"}, {"OLD_SECRET"}),
        ({}, {"NO_SECRET"}),
    ],
    ids=str,
)
def test_a_wrong_secret_is_told_and_not_echoed(api, bot, message, found):
    old = webhook_key(bot)
    rotate_key(bot.id, now=timezone.now())
    bot.refresh_from_db()
    known = {"KEY": webhook_key(bot), "OLD": old}
    secrets = {name: known.get(value, value) for name, value in message.items()}
    answer = asked(api, text(LITERAL, **secrets), bot_id=str(bot.id))
    about = {"WRONG_SECRET", "OLD_SECRET", "NO_SECRET"}
    assert codes(answer.json(), "error", "warning", "info") & about == found
    assert not any(secret in answer.text for secret in secrets.values())


@pytest.mark.parametrize(
    "template",
    [
        '{{"side": "buy", "symbol": "BTCUSDT", "comment": "{key}", "{key}": 1}}',
        '{{"side": "{key}", "symbol": "BTCUSDT"}}',
        '{{"side": "buy", "symbol": "{{{{{key}}}}}"}}',
        '{{"side": "buy", "symbol": {{{{{key}}}}}',
        "buy {key} 1",
        "{{{{{key}}}}} {{{{x {key}}}}} {{{{{key}",
        "side=buy symbol={key} size={key} leverage={key}",
        '{{"side": "buy", "alert_id": "{key}", "symbol": "{key}"}}',
    ],
)
def test_the_key_is_echoed_from_nowhere(api, bot, template):
    key = webhook_key(bot)
    answer = asked(api, template.format(key=key), bot_id=str(bot.id))
    assert (answer.status_code, key in answer.text) == (200, False)


@pytest.mark.parametrize(
    "message",
    ['{"secret": "{{Hidden-word}}", "side": x}', '{"secret": "Hidden-word", "side": "x"}', "secret=Hidden-word side=x"],
)
def test_what_stands_in_a_secrets_field_is_echoed_by_no_finding(api, message):
    assert "Hidden-word" not in asked(api, message).text


# who may


@pytest.mark.parametrize(("who", "status"), [("tom", 200), ("ada", 200), ("mallory", 404), ("vic", 403), ("eve", 403)])
def test_the_bot_has_to_be_one_that_who_asks_may_read(request, client_of, bot, who, status):
    client = client_of(request.getfixturevalue(who))
    assert asked(client, text(LITERAL), bot_id=str(bot.id)).status_code == status


def test_nobody_is_refused(anonymous, bot):
    assert asked(anonymous, text(LITERAL)).status_code == 401


def test_a_bot_that_is_shared_is_not_previewed_and_its_key_not_confirmed(mallory, client_of, bot):
    Share.objects.create(user=mallory, scope_type=Share.Scope.BOT, scope_id=bot.id)
    body = asked(client_of(mallory), text(LITERAL, secret="guess", symbol="ETHUSDT"), bot_id=str(bot.id)).json()
    assert (body["readable"], body["preview"]) == (True, None)
    assert codes(body, "error") == {"SYMBOL_NOT_ALLOWED"}
    assert "NO_PREVIEW" in codes(body, "info")


# what is no question


@pytest.mark.parametrize(
    ("fields", "status", "names"),
    [
        ({"message": 5}, 422, ["message"]),
        ({}, 422, ["message"]),
        ({"message": "x", "alert_type": "none"}, 422, ["alert_type"]),
        ({"message": "x", "bot_id": "none"}, 422, ["bot_id"]),
        ({"message": "x", "bot": "none"}, 422, ["bot"]),
        ({"message": "x" * 65_537}, 413, []),
    ],
)
def test_a_wrong_question_is_refused(api, fields, status, names):
    answer = api.post(DOOR, fields)
    assert (answer.status_code, sorted(answer.json()["errors"])) == (status, names)


@pytest.mark.parametrize("letter", [b"\\ud800", b"\\u0000"])
def test_what_no_alert_of_tradingview_can_hold_is_refused_at_the_door(api, letter):
    body = b'{"message": "buy ' + letter + b'"}'
    assert api.post(DOOR, body, content_type="application/json").status_code == 400


PARTS = st.one_of(
    st.sampled_from(
        [*(f"{{{{{name}}}}}" for name in NAMES), '{{plot("a")}}', "{{x}}", "{{", "}}", "{close}", '"', "\\"]
    ),
    st.sampled_from(['{"side": "buy"', ', "symbol": "{{ticker}}"', "}", "[", ",", "side=buy ", "secret="]),
    st.sampled_from(
        ["order buy @ {{strategy.order.contracts}} filled on {{ticker}}. New strategy position is 1", "\n"]
    ),
    st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=5),
)
TEXTS = st.lists(PARTS, max_size=12).map("".join)
RELAXED = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@given(TEXTS, st.sampled_from([None, "strategy", "indicator", "price"]))
@RELAXED
def test_any_text_is_linted(api, bot, message, alert_type):
    kind = {"alert_type": alert_type} if alert_type else {}
    answer = asked(api, message, bot_id=str(bot.id), **kind)
    assert answer.status_code == 200
    body = answer.json()
    assert body["readable"] or codes(body, "error")


@pytest.mark.parametrize(
    "piece",
    ["{{a}}", "{", "{{", '{"a":', '"', "{{close}}", '{{plot("x")}}', "[", "\\", "{close}", "{{strategy.order.id}}"],
)
def test_the_largest_of_hostile_texts_is_linted(api, bot, piece):
    assert asked(api, (piece * 65_536)[:65_536], bot_id=str(bot.id)).status_code == 200


def test_the_statements_do_not_grow_with_the_accounts(api, tom, bot, account_of):
    def statements():
        with CaptureQueriesContext(
            connection,
        ) as seen:
            asked(api, text(LITERAL), bot_id=str(bot.id))
        return len(seen)

    statements()
    one = statements()
    for number in range(5):
        connect_account(bot, account_of(tom, name=f"more {number}", seed=number + 10))
    assert statements() == one


def test_a_message_that_names_another_bot_is_told(api, bot):
    for fields, is_found in (({}, False), ({"botname": bot.name}, False), ({"botname": "Other"}, True)):
        body = asked(api, text(LITERAL, **fields), bot_id=str(bot.id)).json()
        assert ("OTHER_BOT" in codes(body, "warning")) == is_found
