"""Alerts over HTTP: those that stand, of what is one's own or shared; acknowledged once."""

import uuid

import pytest

from accounts.models import Share
from conftest import NOW
from trading.models import RiskAlert

ADDRESS = "/api/v1/risk/alerts"
FIELDS = {
    *("id", "alert_type", "severity", "message", "current_value", "limit_value", "limit_id", "limit_type"),
    *("scope_type", "scope_id", "account_id", "symbol", "triggered_at", "cleared_at", "acknowledged_at"),
    "acknowledged_by",
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def alert(account):
    """Raise an alert: of tom's account, unless said otherwise."""

    def raise_one(**facts):
        of_account = {"scope_type": "account", "scope_id": account.pk, "account": account, "symbol": str(uuid.uuid4())}
        said = {"limit_type": "position_size", "severity": "warning", "message": "Near.", "triggered_at": NOW}
        values = {"current_value": "8500", "limit_value": "10000"}
        return RiskAlert.objects.create(**{**of_account, **said, **values, **facts})

    return raise_one


def test_the_answer_has_the_shape_of_a_list_and_of_the_paper(tom, client_of, alert):
    alert()
    told = client_of(tom).get(ADDRESS).json()
    assert (told.keys(), told["total"]) == ({"items", "alerts", "total", "limit", "offset"}, 1)
    assert (told["items"], told["alerts"][0].keys()) == (told["alerts"], FIELDS)
    assert (told["alerts"][0]["alert_type"], told["alerts"][0]["current_value"]) == ("POSITION_SIZE_WARNING", "8500")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {"warning", "breach"}),
        ({"active": "true"}, {"warning", "breach"}),
        ({"active": "false"}, {"critical"}),
        ({"severity": "BREACH"}, {"breach"}),
        ({"acknowledged": "true"}, {"breach"}),
        ({"acknowledged": "false"}, {"warning"}),
    ],
)
def test_the_list_narrows(tom, client_of, alert, query, found):
    alert(severity="warning")
    alert(severity="critical", cleared_at=NOW)
    alert(severity="breach", acknowledged_at=NOW, acknowledged_by=tom)
    assert {row["severity"] for row in client_of(tom).get(ADDRESS, query).json()["items"]} == found


@pytest.mark.parametrize("query", [{"active": "maybe"}, {"severity": "bad"}, {"acknowledged": ""}, {"limit": "0"}])
def test_a_query_that_makes_no_sense_is_refused(tom, client_of, query):
    assert client_of(tom).get(ADDRESS, query).status_code == 422


def test_the_queries_of_a_list_do_not_grow(tom, client_of, alert, django_assert_num_queries):
    api = client_of(tom)
    api.get(ADDRESS)
    for _ in range(5):
        alert(acknowledged_by=tom, acknowledged_at=NOW)
    with django_assert_num_queries(4):  # two of them ask for the role
        assert api.get(ADDRESS).json()["total"] == 5


def test_the_alerts_of_others_are_not_there(mallory, client_of, alert):
    one, api = alert(), client_of(mallory)
    assert api.get(ADDRESS).json()["total"] == 0
    assert api.post(f"{ADDRESS}/{one.pk}/acknowledge").status_code == 404


def test_what_is_shared_is_read_and_not_acknowledged(ada, mallory, client_of, account, alert):
    one, api = alert(), client_of(mallory)
    Share.objects.create(user=mallory, scope_type="account", scope_id=account.pk, created_by=ada)
    assert api.get(ADDRESS).json()["total"] == 1
    told = api.post(f"{ADDRESS}/{one.pk}/acknowledge")
    assert (told.status_code, RiskAlert.objects.get().acknowledged_at) == (403, None)


def test_an_owner_sees_what_an_admins_limit_says_of_their_account(tom, client_of, alert):
    alert(scope_type="system", scope_id=None)
    alert(scope_type="system", scope_id=None, account=None)
    assert [row["account_id"] is not None for row in client_of(tom).get(ADDRESS).json()["items"]] == [True]


@pytest.mark.parametrize("who", ["tom", "ada"])
def test_an_alert_is_acknowledged_once(request, client_of, alert, who):
    person, one = request.getfixturevalue(who), alert()
    api = client_of(person)
    told = api.post(f"{ADDRESS}/{one.pk}/acknowledge").json()
    assert (told["acknowledged_by"], told["acknowledged_at"][-1], told["cleared_at"]) == (str(person.pk), "Z", None)
    again = api.post(f"{ADDRESS}/{one.pk}/acknowledge")
    assert (again.status_code, again.json()["code"]) == (409, "ALREADY_ACKNOWLEDGED")


def test_who_only_reads_acknowledges_nothing(ada, vic, client_of, account, alert):
    one = alert()
    Share.objects.create(user=vic, scope_type="account", scope_id=account.pk, created_by=ada)
    assert client_of(vic).post(f"{ADDRESS}/{one.pk}/acknowledge").status_code == 403
    assert client_of(vic).get(ADDRESS).json()["total"] == 1


def test_an_alert_that_is_not_there(tom, client_of):
    assert client_of(tom).post(f"{ADDRESS}/{uuid.uuid4()}/acknowledge").status_code == 404
