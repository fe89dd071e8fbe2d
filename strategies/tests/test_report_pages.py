"""The report of a backtest within the desk: what it shows, what it may load, and whom."""

import re
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from strategies.models import Backtest
from strategies.selectors.reports import report_of
from strategies.services.backtests import cancel_or_delete_backtest
from strategies.tests.making import END, finished_backtest, waiting_backtest

pytestmark = pytest.mark.django_db
ROUTES = ["backtest-report", "backtest-report-file"]


@pytest.fixture
def client(client: Client, tom) -> Client:
    """tom in a browser."""
    client.force_login(tom)
    return client


def report(backtest, route: str = "backtest-report") -> str:
    return reverse(route, args=[backtest.pk])


def test_a_finished_backtest_is_told_with_the_candles_it_ran_on(client, tom, strategy_of):
    backtest = finished_backtest(tom, strategy=strategy_of(tom, name="<b>Trend"))
    html = client.get(report(backtest)).content.decode()
    said = ["<h1>&lt;b&gt;Trend</h1>", "BTCUSDT · 1h · 2026-01-01 00:00 to 2026-01-03 00:00 UTC", 'id="price-chart"']
    assert [words for words in said if words not in html] == []


def test_what_the_page_loads_is_there(client, tom, settings):
    settings.WHITENOISE_USE_FINDERS = True
    html = client.get(report(finished_backtest(tom))).content.decode()
    loaded = re.findall(r"(?:src|href)=\"(/static/[^\"]+)", html)
    assert len(loaded) == 4
    assert [status_of(address) for address in loaded] == [200, 200, 200, 200]


def status_of(address: str) -> int:
    answer = Client().get(address)
    answer.close()
    return answer.status_code


def test_the_page_has_no_script_inline(client, tom):
    html = client.get(report(finished_backtest(tom))).content.decode()
    assert re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*json)[^>]*>|\son[a-z]+=\"|\sstyle=", html) == []


def test_the_file_is_one_to_keep(client, tom):
    backtest = finished_backtest(tom)
    answer = client.get(report(backtest, "backtest-report-file"))
    assert answer["Content-Disposition"] == f'attachment; filename="backtest-{backtest.pk}.html"'
    assert "/static/" not in re.sub(r"<script>.*?</script>", "", answer.content.decode(), flags=re.DOTALL)


@pytest.mark.parametrize("route", ROUTES)
def test_a_strangers_and_a_deleted_and_no_backtest_are_not_there(client, tom, mallory, route):
    strangers, deleted = finished_backtest(mallory), finished_backtest(tom)
    cancel_or_delete_backtest(deleted, now=END)
    addresses = [report(strangers, route), report(deleted, route), reverse(route, args=[uuid4()])]
    assert [client.get(address).status_code for address in addresses] == [404, 404, 404]


@pytest.mark.parametrize("route", ROUTES)
def test_who_is_not_in_is_sent_to_the_login(tom, route):
    address = report(finished_backtest(tom), route)
    answer = Client().get(address)
    assert (answer.status_code, answer["Location"]) == (302, f"/login?next={address}")


def test_whose_role_reads_no_backtests_is_told_that_there_is_none(client, tom):
    backtest = finished_backtest(tom)
    reads = Permission.objects.get(codename="view_backtest")
    Group.objects.get(name="trader").permissions.remove(reads)
    assert client.get(report(backtest)).status_code == 404


@pytest.mark.parametrize("route", ROUTES)
def test_one_without_results_says_how_it_stands(client, tom, route):
    answer = client.get(report(waiting_backtest(tom), route))
    assert answer.status_code == 409
    assert "The backtest is pending" in answer.content.decode()


def test_the_page_of_an_unfinished_backtest_bears_the_desks_name(client, tom):
    html = client.get(report(waiting_backtest(tom))).content.decode()
    assert "<title>Backtest · Trading desk</title>" in html


def test_a_report_is_only_read(client, tom):
    assert client.post(report(finished_backtest(tom))).status_code == 405


def test_candles_that_are_not_the_same_any_more_are_left_out(tom, on_bybit):
    backtest = finished_backtest_on(tom, on_bybit)
    assert report_of(backtest, now=timezone.now()).candles is None


def finished_backtest_on(tom, instrument) -> Backtest:
    """Return a backtest whose candles were the synthetic market's, which is not asked any more."""
    instrument.source = "synthetic"
    instrument.save(update_fields=["source"])
    backtest = finished_backtest(tom)
    instrument.source = "bybit"
    instrument.save(update_fields=["source"])
    return Backtest.objects.get(pk=backtest.pk)


def test_the_statements_of_a_page_do_not_grow_with_backtests(client, tom):
    address = report(finished_backtest(tom))
    client.get(address)
    before = statements(client, address)
    finished_backtest(tom)
    assert statements(client, address) == before


def statements(client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_the_page_of_the_console_tells_the_figures_and_leads_to_the_report(ada, tom):
    client, backtest = Client(), finished_backtest(tom)
    client.force_login(ada)
    html = client.get(reverse("admin:strategies_backtest_change", args=[backtest.pk])).content.decode()
    said = [report(backtest), report(backtest, "backtest-report-file"), "Sortino ratio", "95 % of equity as margin"]
    assert [words for words in said if words not in html] == []


def test_the_console_tells_of_one_without_results_that_there_are_none(ada, tom):
    client, backtest = Client(), waiting_backtest(tom)
    client.force_login(ada)
    html = client.get(reverse("admin:strategies_backtest_change", args=[backtest.pk])).content.decode()
    assert (report(backtest) in html, "Sortino" in html) == (False, False)
