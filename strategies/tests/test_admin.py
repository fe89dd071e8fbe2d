"""Strategies and runs in the operators' console: written through services, narrowed by state, cancelled."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.urls import reverse

from core.models import Job
from core.tests.asking import say_yes
from market.models import Instrument
from strategies.catalogue import find_rule, rule_names
from strategies.models import Backtest, Strategy, Sweep, TradeStrategy
from strategies.tests.making import finished_backtest, waiting_backtest, waiting_sweep
from strategies.tests.test_backtest_jobs import rule  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
STRATEGIES, BACKTESTS = "admin:strategies_strategy", "admin:strategies_backtest"


def form(ada, **change):
    return {"owner": ada.pk, "name": "Trend", "rule": "sma_cross", "parameters": '{"fast": 5}', **change}


def test_a_strategy_is_made_whole(operator, ada):
    operator.post(reverse(f"{STRATEGIES}_add"), form(ada))
    made = Strategy.objects.get()
    assert (made.slug, made.parameters) == ("trend", {"fast": 5, "slow": 30, "short": False})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rule": "no_such"}, "Select a valid choice"),
        ({"parameters": '{"fast": 0}'}, "fast"),
        ({"parameters": "[1]"}, "Must be a JSON object."),
        ({"parameters": '{"fast": }'}, "not valid JSON"),
    ],
)
def test_a_refusal_stands_in_the_form_and_makes_nothing(operator, ada, change, said):
    page = operator.post(reverse(f"{STRATEGIES}_add"), form(ada, **change)).content.decode()
    assert (said in page, Strategy.objects.count()) == (True, 0)


def test_the_rules_are_those_of_the_catalogue_and_none(operator, rule):  # noqa: F811
    rule("return candles.close * 0")
    form = operator.get(reverse(f"{STRATEGIES}_add")).context["adminform"].form
    offered = {name for _, group in form.fields["rule"].choices if isinstance(group, list) for name, _ in group}
    assert (offered, form.fields["rule"].choices[0][0]) == (set(rule_names()), "")
    assert form.fields["rule"].choices[2] == ("The desk's own", [("own", "Own")])


def test_what_a_rule_takes_stands_in_the_form(operator):
    page = operator.get(reverse(f"{STRATEGIES}_add")).content.decode()
    assert "a whole number, at least 1, at most 1000" in page
    assert "The fast average, in candles." in page


def test_a_strategy_may_be_only_a_name(operator, ada):
    operator.post(reverse(f"{STRATEGIES}_add"), form(ada, rule="", parameters=""))
    assert Strategy.objects.get().rule == ""


def test_a_rule_that_is_gone_is_still_shown_and_refused(operator, tom):
    strategy = Strategy.objects.create(owner=tom, name="Old", slug="old", rule="gone")
    address = reverse(f"{STRATEGIES}_change", args=[strategy.pk])
    assert '<option value="gone" selected>gone (no longer in the catalogue)' in operator.get(address).content.decode()
    page = operator.post(address, {"name": "New", "rule": "gone", "parameters": "{}"}).content.decode()
    strategy.refresh_from_db()
    assert ("There is no rule &#x27;gone&#x27;" in page, strategy.name) == (True, "Old")


def test_a_changed_name_changes_the_slug(operator, ada, tom, strategy_of):
    strategy = strategy_of(tom)
    operator.post(reverse(f"{STRATEGIES}_change", args=[strategy.pk]), form(ada, name="Slower"))
    strategy.refresh_from_db()
    assert (strategy.slug, strategy.owner, strategy.parameters["fast"]) == ("slower", tom, 5)


def hide(operator, address, *rows):
    chosen = {"action": "hide", "_selected_action": [str(row.pk) for row in rows], "index": "0"}
    return say_yes(operator, reverse(f"{address}_changelist"), chosen).content.decode()


def test_those_that_nothing_uses_are_deleted_and_the_others_say_why_not(operator, tom, strategy_of):
    used, free = strategy_of(tom, name="Used"), strategy_of(tom, name="Free")
    instrument = Instrument.objects.get(symbol="BTCUSDT")
    TradeStrategy.objects.create(owner=tom, strategy=used, instrument=instrument, interval="1h")
    page = hide(operator, STRATEGIES, used, free)
    assert "The strategy is used by 1 trade strategy." in page
    assert list(Strategy.objects.living()) == [used]


def test_backtests_are_narrowed_by_where_they_are(operator, tom):
    finished_backtest(tom)
    waiting_backtest(tom, rule="macd")
    page = operator.get(reverse(f"{BACKTESTS}_changelist"), {"status": "pending"})
    assert [run.rule for run in page.context["cl"].result_list] == ["macd"]


def test_what_waits_is_cancelled_and_what_is_over_stays(operator, tom):
    over, waits = finished_backtest(tom), waiting_backtest(tom)
    chosen = {"action": "cancel", "_selected_action": [str(over.pk), str(waits.pk)], "index": "0"}
    page = say_yes(operator, reverse(f"{BACKTESTS}_changelist"), chosen).content.decode()
    assert "1 cancelled." in page
    assert dict(Backtest.objects.living().values_list("pk", "ended")) == {over.pk: "completed", waits.pk: "cancelled"}
    assert list(LogEntry.objects.values_list("object_id", "change_message")) == [(str(waits.pk), "Cancelled.")]


def test_a_sweep_is_cancelled_with_its_parts(operator, tom):
    sweep = waiting_sweep(tom)
    chosen = {"action": "cancel", "_selected_action": [str(sweep.pk)], "index": "0"}
    say_yes(operator, reverse("admin:strategies_sweep_changelist"), chosen)
    assert set(Job.objects.values_list("status", flat=True)) == {"cancelled"}
    assert LogEntry.objects.get().object_id == str(sweep.pk)


FIGURES = dict.fromkeys(("total_return", "cagr", "max_drawdown", "sharpe_ratio", "total_trades", "win_rate"), 0.125)
SPANS = {"in_sample": {"start": 0, "end": 3_600_000}, "out_of_sample": {"start": 3_600_000, "end": 7_200_000}}
FOUND = {
    **SPANS,
    "best": [
        {"parameters": {"fast": 5, "slow": 30}, "in_sample": FIGURES, "out_of_sample": FIGURES, "error": None},
        {
            "parameters": {"fast": 10, "slow": 30},
            "in_sample": FIGURES,
            "out_of_sample": None,
            "error": "The rule raised.",
        },
    ],
    "comparison": {"inside": 2.0, "outside": 0.5, "gap": 1.5, "rank_correlation": None},
    "deflated_sharpe": {"probability": 0.9, "sharpe": 0.1, "expected_best": 0.05},
    "heat_map": {"x": "fast", "y": "slow", "xs": [5, 10], "ys": [30], "best": [[1.25, None]], "mean": [[0.75, None]]},
    "walk_forward": {
        "windows": [{**SPANS, "parameters": {"fast": 10}, "inside": 3.0, "outside": 1.0, "gap": 2.0}],
        "gap": 2.0,
        "results": FIGURES,
    },
    "failed": 1,
    "first_error": "The rule raised.",
}


def sweep_page(operator, sweep):
    page = operator.get(reverse("admin:strategies_sweep_change", args=[sweep.pk])).content.decode()
    return " ".join(re.sub(r"<[^>]*>", " ", page[page.index('id="content-main"') :]).split())


def test_the_page_of_a_sweep_says_in_words_what_it_tries(operator, tom):
    page = sweep_page(operator, waiting_sweep(tom))
    assert "Parameters fast 5, 10 Plan sets of parameters 2, all of the grid ranked by Sharpe ratio" in page
    assert ("size of a trade 95 % of equity as margin" in page, "The best" in page) == (True, False)


def test_the_page_of_a_sweep_shows_what_it_found(operator, tom):
    sweep = waiting_sweep(tom)
    Sweep.objects.update(ended="completed", results=FOUND)
    page = sweep_page(operator, sweep)
    assert "The best 2 of 2 sets by Sharpe ratio" in page
    assert "1 fast 5 in 0.12 12.50 % 12.50 % 12.50 % 0 12.50 % out 0.12" in page
    assert "2 fast 10 in 0.12 12.50 % 12.50 % 12.50 % 0 12.50 % The rule raised." in page
    assert "slow \\ fast 5 10 30 1.25 –" in page
    assert "1 1970-01-01 00:00 – 1970-01-01 01:00 1970-01-01 01:00 – 1970-01-01 02:00 fast 10 3.00 1.00 2.00" in page
    assert "&quot;" not in page


def to_backtests(operator, strategy):
    chosen = {"action": "run_backtest", "_selected_action": [str(strategy.pk)]}
    return operator.post(reverse(f"{STRATEGIES}_changelist"), chosen)


def test_a_strategy_leads_to_the_form_of_backtests(operator, tom, strategy_of):
    strategy = strategy_of(tom)
    assert to_backtests(operator, strategy)["Location"] == f"/backtests?strategy={strategy.pk}"


def test_a_strategy_without_a_rule_leads_nowhere(operator, tom):
    strategy = Strategy.objects.create(owner=tom, name="Name", slug="name")
    said = get_messages(to_backtests(operator, strategy).wsgi_request)
    assert [str(line) for line in said] == ["Select one strategy that has a rule."]


@pytest.mark.parametrize("model", ["strategy", "backtest"])
def test_lists_call_a_rule_by_its_title(operator, tom, strategy_of, model):
    finished_backtest(tom, strategy=strategy_of(tom))
    page = operator.get(reverse(f"admin:strategies_{model}_changelist")).content.decode()
    [cell] = re.findall(r"<td[^>]*field-rule_title[^>]*>([^<]*)<", page)
    assert cell.strip() == find_rule("sma_cross").title


def test_a_list_is_narrowed_to_a_rule_by_its_title(operator, tom):
    finished_backtest(tom)
    Strategy.objects.create(owner=tom, name="Old", slug="old", rule="gone")
    page = operator.get(reverse(f"{STRATEGIES}_changelist"), {"rule": "gone"})
    assert [row.name for row in page.context["cl"].queryset] == ["Old"]
