"""A request with an Idempotency-Key whose process dies on the way: sent again it has one effect and one answer."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import requests

from config.tests.proof.conftest import BOTH
from config.tests.proof.points import MOVE_POINTS, ORDER_POINTS, Point, name_of
from config.tests.proof.venue_books import venue_complaints

pytestmark = [pytest.mark.proof, pytest.mark.parametrize("database", BOTH)]

MOVE = {"amount": 7}
ORDER = {"symbol": "BTCUSDT", "side": "buy", "quantity": "0.01", "client_order_id": "00000000filledatonce"}
MOVES = "SELECT COUNT(*) FROM accounts_transfer WHERE reference <> 'opening' AND kind = 'deposit'"
ORDERS = "SELECT COUNT(*) FROM trading_order"
KEYS = "SELECT COUNT(*) FROM core_idempotencykey"
PROCESSES, COPIES = 4, 50


class Caller:
    """Somebody with one key and one account on a desk."""

    def __init__(self, desk) -> None:
        self.desk = desk
        door = f"{desk.addresses[0]}/api/v1"
        login = requests.post(f"{door}/auth/login", json={"username": "admin", "password": "Admin-pass-7"}, timeout=60)
        self.headers = {"Authorization": f"Bearer {login.json()['access_token']}", "Idempotency-Key": "once"}
        accounts = requests.get(f"{door}/accounts", headers=self.headers, timeout=60).json()["items"]
        self.account_id = max(accounts, key=lambda account: float(account["balance"]))["id"]

    def post(self, path: str, body: dict[str, object], *, through: int = 0) -> requests.Response:
        address = f"{self.desk.addresses[through]}/api/v1/accounts/{self.account_id}/{path}"
        return requests.post(address, json=body, headers=self.headers, timeout=60)


def die(desk, point: Point, path: str, body: dict[str, object]) -> Caller:
    """Start a desk whose server dies at a point of the first request, start it again once it has."""
    desk.start_to_die("web", DIES_AT=point.dies_at)
    caller = Caller(desk)
    with pytest.raises(requests.ConnectionError):
        caller.post(path, body)
    desk.wait_until_died("web")
    desk.start()
    return caller


@pytest.mark.parametrize("point", MOVE_POINTS, ids=name_of)
def test_money_whose_request_died_is_moved_once(point, database, desk_on):
    desk = desk_on(database)
    caller = die(desk, point, "deposit", MOVE)
    committed = desk.books.rows(MOVES)
    assert desk.books.rows(KEYS) == committed
    answers = [caller.post("deposit", MOVE) for _ in range(2)]
    assert ({answer.status_code for answer in answers}, answers[0].content) == ({201}, answers[1].content)
    assert ("Idempotent-Replayed" in answers[0].headers) == (committed == [(1,)])
    assert (desk.books.rows(MOVES), desk.books.complaints()) == ([(1,)], {})


@pytest.mark.parametrize("point", ORDER_POINTS, ids=name_of)
def test_an_order_whose_request_died_is_sent_to_the_venue_once_at_most(point, database, desk_on, venue):
    address, file = venue
    desk = desk_on(database, "venue", VENUE=address)
    caller = die(desk, point, "orders", ORDER)
    committed = desk.books.rows(ORDERS)
    assert desk.books.rows(KEYS) == committed
    answers = [caller.post("orders", ORDER) for _ in range(2)]
    assert ({answer.status_code for answer in answers}, answers[0].content) == ({201}, answers[1].content)
    assert ("Idempotent-Replayed" in answers[0].headers) == (committed == [(1,)])
    assert (desk.books.rows(ORDERS), venue_complaints(desk.books, file)) == ([(1,)], {})
    status = desk.books.rows("SELECT status FROM trading_order")[0][0]
    sent = [line for line in file.read_text().splitlines() if json.loads(line)["what"] == "sent"]
    assert (answers[0].json()["status"], len(sent)) == (status, 0 if "before the order is sent" in point.name else 1)


@pytest.mark.parametrize(("path", "body", "rows"), [("deposit", MOVE, MOVES), ("orders", ORDER, ORDERS)])
def test_one_request_many_times_over_all_processes_has_one_effect(path, body, rows, database, desk_on):
    desk = desk_on(database)
    desk.serve_on(PROCESSES)
    desk.start()
    caller, start = Caller(desk), Barrier(COPIES)

    def one(number: int) -> tuple[int, str | None]:
        start.wait()
        answer = caller.post(path, body, through=number % len(desk.ports))
        return answer.status_code, answer.headers.get("Idempotent-Replayed")

    with ThreadPoolExecutor(COPIES) as pool:
        told = Counter(pool.map(one, range(COPIES)))
    assert told.keys() <= {(201, None), (201, "true"), (409, None)}
    assert (told[201, None], desk.books.rows(rows), desk.books.complaints()) == (1, [(1,)], {})
