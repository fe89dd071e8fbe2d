"""Idempotency-Key where money moves: the same key and body have one effect, and one answer, for a day."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.api import accounts as api_of_accounts
from accounts.models import TradingAccount, Transfer
from accounts.selectors.ledger import reconcile
from core.errors import AppError, Conflict
from core.idempotency import forget_keys
from core.models import IdempotencyKey

REPLAYED = "Idempotent-Replayed"
KEY = "0198b7c2-once"


@pytest.fixture
def send(client_of):
    """POST below /api/v1/accounts with a key: `send(tom, f"{account.id}/deposit", {"amount": 1})`."""
    clients = {}

    def post(user, path, body, *, key=KEY, **extra):
        api = clients.setdefault(user.pk, client_of(user))
        return api.post(f"/api/v1/accounts{path}", body, HTTP_IDEMPOTENCY_KEY=key, **extra)

    return post


def deposits():
    return Transfer.objects.exclude(reference="opening").filter(kind="deposit", amount=7).count()


def test_the_same_request_again_gets_the_same_answer_and_moves_nothing(account, tom, send):
    first, again = (send(tom, f"/{account.id}/deposit", {"amount": 7}) for _ in range(2))
    assert (first.status_code, again.status_code, deposits()) == (201, 201, 1)
    assert (first.content, first.get(REPLAYED), again.get(REPLAYED)) == (again.content, None, "true")


def test_the_tenth_time_is_as_the_second(account, tom, send):
    answers = {send(tom, f"/{account.id}/deposit", {"amount": 7}).content for _ in range(10)}
    assert (len(answers), deposits()) == (1, 1)


def test_an_account_is_opened_once(tom, send):
    body = {"name": "Mine", "initial_balance": "5000"}
    first, again = (send(tom, "", body) for _ in range(2))
    assert (first.content, again.status_code, again.get(REPLAYED)) == (again.content, 201, "true")
    assert (TradingAccount.objects.count(), Transfer.objects.count()) == (1, 1)


def test_a_withdrawal_is_made_once(account, tom, send):
    answers = [send(tom, f"/{account.id}/withdraw", {"amount": 7}).status_code for _ in range(3)]
    assert (answers, Transfer.objects.filter(kind="withdrawal", amount=7).count()) == ([201] * 3, 1)


@pytest.mark.parametrize(
    "again", [{"amount": 8}, {"amount": "7"}, {"amount": 7, "reference": "r"}, {"amount": 7.01}, {}, [], None], ids=str
)
def test_the_same_key_with_another_body_is_a_409_and_moves_nothing(account, tom, send, again):
    send(tom, f"/{account.id}/deposit", {"amount": 7})
    answer = send(tom, f"/{account.id}/deposit", again)
    assert (answer.status_code, answer.json()["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert (answer.get(REPLAYED), Transfer.objects.filter(kind="deposit", amount__in=[7, 8]).count()) == (None, 1)


@pytest.mark.parametrize(
    "again", ['{"reference": "r", "amount": 7.10}', ' {"amount":7.10,\n"reference":"\\u0072"}'], ids=["order", "blanks"]
)
def test_how_a_body_is_spelt_is_no_difference(account, tom, send, again):
    first = send(tom, f"/{account.id}/deposit", '{"amount": 7.10, "reference": "r"}', content_type="application/json")
    answer = send(tom, f"/{account.id}/deposit", again, content_type="application/json")
    assert (answer.content, answer.get(REPLAYED)) == (first.content, "true")


def test_amounts_that_a_float_cannot_tell_apart_are_not_the_same(account, tom, send):
    bodies = ['{"amount": 100000000.00000001}', '{"amount": 100000000.00000002}']
    answers = [send(tom, f"/{account.id}/deposit", body, content_type="application/json") for body in bodies]
    assert [answer.status_code for answer in answers] == [201, 409]


def test_a_query_is_part_of_what_is_asked_and_the_rendering_is_not(account, tom, send):
    addresses = ["deposit?x=1", "deposit?x=1&format=json", "deposit?x=2"]
    answers = [send(tom, f"/{account.id}/{address}", {"amount": 7}) for address in addresses]
    assert [(answer.status_code, answer.get(REPLAYED)) for answer in answers] == [
        (201, None),
        (201, "true"),
        (409, None),
    ]


@pytest.mark.parametrize("path", ["deposit", "withdraw"])
@pytest.mark.parametrize("amount", [7, 20000])
def test_an_answer_given_again_comes_in_the_form_that_is_asked_for_now(account, tom, send, path, amount):
    forms = ["", "?format=envelope", ""]
    plain, wrapped, again = (send(tom, f"/{account.id}/{path}{form}", {"amount": amount}) for form in forms)
    assert (wrapped.status_code, wrapped.get(REPLAYED), again.content) == (plain.status_code, "true", plain.content)
    assert (wrapped.json()["data"], wrapped["Content-Type"]) == (plain.json(), "application/vnd.envelope+json")


def test_what_was_first_asked_for_wrapped_is_the_same_wrapped_again(account, tom, send):
    first, again = (send(tom, f"/{account.id}/withdraw?format=envelope", {"amount": 20000}) for _ in range(2))
    assert (first.json()["status"], again.content, again.get(REPLAYED)) == ("error", first.content, "true")


def test_a_trailing_slash_makes_no_other_request(account, tom, send):
    answers = [send(tom, f"/{account.id}/deposit{slash}", {"amount": 7}) for slash in ("", "/")]
    assert ([answer.get(REPLAYED) for answer in answers], deposits()) == ([None, "true"], 1)


def test_the_same_key_of_somebody_else_is_another_request(account, tom, ada, send):
    answers = [send(user, f"/{account.id}/deposit", {"amount": 7}) for user in (tom, ada)]
    assert ([answer.get(REPLAYED) for answer in answers], deposits()) == ([None, None], 2)


def test_a_key_used_on_another_account_or_for_another_action_is_a_409(account, tom, account_of, send):
    other = account_of(tom)
    paths = [f"/{account.id}/deposit", f"/{other.id}/deposit", f"/{account.id}/withdraw"]
    answers = [send(tom, path, {"amount": 7}) for path in paths]
    assert ([answer.status_code for answer in answers], deposits()) == ([201, 409, 409], 1)
    assert {answer.json()["code"] for answer in answers[1:]} == {"IDEMPOTENCY_KEY_REUSED"}


def test_keys_differ_by_case(account, tom, send):
    assert [send(tom, f"/{account.id}/deposit", {"amount": 7}, key=key).status_code for key in "aA"] == [201, 201]
    assert deposits() == 2


def test_a_refusal_by_a_business_rule_is_kept_though_it_would_pass_by_now(account, tom, send):
    first = send(tom, f"/{account.id}/withdraw", {"amount": 20000})
    send(tom, f"/{account.id}/deposit", {"amount": 50000}, key="money")
    again = send(tom, f"/{account.id}/withdraw", {"amount": 20000})
    assert (first.status_code, first.json()["code"], again.content) == (400, "INSUFFICIENT_FUNDS", first.content)
    assert (again.status_code, again.get(REPLAYED)) == (400, "true")
    assert send(tom, f"/{account.id}/withdraw", {"amount": 20000}, key="new").status_code == 201


def test_a_conflict_is_kept(account, tom, send):
    send(tom, f"/{account.id}/deposit", {"amount": 7, "reference": "r"}, key="first")
    answers = [send(tom, f"/{account.id}/deposit", {"amount": 7, "reference": "r"}) for _ in range(2)]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(409, "CONFLICT")}
    assert [answer.get(REPLAYED) for answer in answers] == [None, "true"]


def test_what_was_not_understood_is_not_kept(account, tom, send):
    bad = [send(tom, f"/{account.id}/deposit", {"amount": amount}).status_code for amount in ("ten", "-1")]
    malformed = send(tom, f"/{account.id}/deposit", "{", content_type="application/json").status_code
    good = send(tom, f"/{account.id}/deposit", {"amount": 7})
    assert (bad, malformed, good.status_code, good.get(REPLAYED)) == ([422, 422], 400, 201, None)


def test_what_may_not_be_seen_or_done_is_not_kept(account, vic, mallory, anonymous, send):
    answers = [send(user, f"/{account.id}/deposit", {"amount": 7}).status_code for user in (mallory, vic)]
    nobody = anonymous.post(f"/api/v1/accounts/{account.id}/deposit", {"amount": 7}, HTTP_IDEMPOTENCY_KEY=KEY)
    assert (answers, nobody.status_code, IdempotencyKey.objects.count()) == ([404, 403], 401, 0)


def test_a_fault_takes_all_back_and_leaves_the_key_free(account, tom, send, monkeypatch, client_of):
    with monkeypatch.context() as patch:
        patch.setattr(api_of_accounts, "LedgerRow", None)  # the money is moved, and the answer cannot be made
        with pytest.raises(TypeError):
            send(tom, f"/{account.id}/deposit", {"amount": 7})
    assert (deposits(), IdempotencyKey.objects.count()) == (0, 0)
    answer = send(tom, f"/{account.id}/deposit", {"amount": 7})
    assert (answer.status_code, answer.get(REPLAYED), deposits()) == (201, None, 1)


def test_what_was_done_before_a_refusal_is_taken_back_and_the_refusal_kept(account, tom, send, monkeypatch):
    deposit = api_of_accounts.deposit

    def refused_late(*args, **kwargs):
        deposit(*args, **kwargs)
        raise Conflict("Too late.")

    monkeypatch.setattr(api_of_accounts, "deposit", refused_late)
    answers = [send(tom, f"/{account.id}/deposit", {"amount": 7}) for _ in range(2)]
    assert ([answer.get(REPLAYED) for answer in answers], deposits()) == ([None, "true"], 0)


@pytest.mark.parametrize("status", [401, 403, 404, 422, 429, 503])
def test_a_refusal_that_is_no_business_rule_is_not_kept(account, tom, send, monkeypatch, status):
    def refused(*args, **kwargs):
        raise AppError("Not now.", status=status)

    with monkeypatch.context() as patch:
        patch.setattr(api_of_accounts, "deposit", refused)
        assert send(tom, f"/{account.id}/deposit", {"amount": 7}).status_code == status
    assert (send(tom, f"/{account.id}/deposit", {"amount": 7}).get(REPLAYED), deposits()) == (None, 1)


def test_a_refusal_that_names_a_time_to_try_again_is_not_kept(account, tom, send, monkeypatch):
    def busy(*args, **kwargs):
        raise AppError("Later.", status=409, retry_after_seconds=1)

    with monkeypatch.context() as patch:
        patch.setattr(api_of_accounts, "deposit", busy)
        assert send(tom, f"/{account.id}/deposit", {"amount": 7}).status_code == 409
    assert send(tom, f"/{account.id}/deposit", {"amount": 7}).status_code == 201


def test_where_no_lock_told_of_the_first_the_row_lets_one_effect_stand(account, tom, send, monkeypatch):
    send(tom, f"/{account.id}/deposit", {"amount": 7})
    monkeypatch.setattr("core.api.idempotency.find_claim", lambda asked: None)
    answer = send(tom, f"/{account.id}/deposit", {"amount": 7})
    assert (answer.json()["code"], answer["Retry-After"], deposits()) == ("IDEMPOTENCY_IN_PROGRESS", "1", 1)


def test_an_answer_that_cannot_be_kept_moves_nothing(account, tom, send, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(IdempotencyKey, "save", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            send(tom, f"/{account.id}/deposit", {"amount": 7})
    assert deposits() == 0


def test_a_day_later_the_key_is_free(account, tom, send):
    send(tom, f"/{account.id}/deposit", {"amount": 7})
    forget_keys(now=timezone.now() + timedelta(days=1, seconds=1))
    assert send(tom, f"/{account.id}/deposit", {"amount": 7}).get(REPLAYED) is None
    assert deposits() == 2


@pytest.mark.parametrize(
    "key", ["", "k" * 256, "a\x00b", "ключ", "caf\xe9", "a\tb", "a\x7f", "a\nb"], ids=lambda key: ascii(key)[:9]
)
def test_a_key_that_is_none_is_a_422_that_names_the_header(account, tom, send, key):
    answer = send(tom, f"/{account.id}/deposit", {"amount": 7}, key=key)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["Idempotency-Key"])
    assert (deposits(), IdempotencyKey.objects.count()) == (0, 0)


@pytest.mark.parametrize("key", ["k", "k" * 255, " !~", '"quoted, {json}"'])
def test_a_key_may_be_any_printable_ascii(account, tom, send, key):
    answers = [send(tom, f"/{account.id}/deposit", {"amount": 7}, key=key) for _ in range(2)]
    assert ([answer.get(REPLAYED) for answer in answers], deposits()) == ([None, "true"], 1)


def test_where_nothing_is_traded_or_moved_the_header_is_not_looked_at(account, tom, client_of):
    answer = client_of(tom).patch(f"/api/v1/accounts/{account.id}", {"name": "New"}, HTTP_IDEMPOTENCY_KEY="")
    assert (answer.status_code, IdempotencyKey.objects.count()) == (200, 0)


def statements(work):
    with CaptureQueriesContext(connection) as queries:
        work()
    return len(queries)


def test_a_key_costs_a_fixed_number_of_statements(account, tom, client_of, on_postgresql):
    # find the key, keep the answer, two savepoints and their releases; the lock and its end on PostgreSQL
    api, path = client_of(tom), f"/api/v1/accounts/{account.id}/deposit"
    plain = statements(lambda: api.post(path, {"amount": 7}))
    keyed = [statements(lambda n=n: api.post(path, {"amount": 7}, HTTP_IDEMPOTENCY_KEY=f"k{n}")) for n in range(3)]
    again = statements(lambda: api.post(path, {"amount": 7}, HTTP_IDEMPOTENCY_KEY="k0"))
    locks = 2 if on_postgresql else 0
    assert ([number - plain for number in keyed], again < plain) == ([6 + locks] * 3, True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_fifty_by_tens_move_the_money_once(account, tom, client_of):
    api, start = client_of(tom), Barrier(10)

    def one(_):
        start.wait()
        try:
            return api.post(f"/api/v1/accounts/{account.id}/deposit", {"amount": 7}, HTTP_IDEMPOTENCY_KEY=KEY)
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(one, range(50)))
    told = Counter((answer.status_code, answer.get(REPLAYED), answer.get("Retry-After")) for answer in answers)
    assert told.keys() <= {(201, None, None), (201, "true", None), (409, None, "1")}
    assert (told[201, None, None], deposits(), reconcile(account).difference) == (1, 1, 0)
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"IDEMPOTENCY_IN_PROGRESS"}


@pytest.mark.django_db(transaction=True)
def test_while_the_first_is_at_work_the_second_is_turned_away_at_once(account, tom, client_of, monkeypatch):
    api, path, seen = client_of(tom), f"/api/v1/accounts/{account.id}/deposit", []
    deposit = api_of_accounts.deposit

    def again():
        try:
            return api.post(path, {"amount": 7}, HTTP_IDEMPOTENCY_KEY=KEY)
        finally:
            connection.close()

    def watched(*args, **kwargs):
        moved = deposit(*args, **kwargs)
        with ThreadPoolExecutor(1) as pool:
            seen.append(pool.submit(again).result(timeout=60))
        return moved

    monkeypatch.setattr(api_of_accounts, "deposit", watched)
    assert api.post(path, {"amount": 7}, HTTP_IDEMPOTENCY_KEY=KEY).status_code == 201
    assert (seen[0].status_code, seen[0].json()["code"]) == (409, "IDEMPOTENCY_IN_PROGRESS")
    assert seen[0]["Retry-After"] == "1"
    assert deposits() == 1
