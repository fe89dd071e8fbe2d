"""DELETE /groups/{id}: members, bots, limits and shares leave it; what was done in its name keeps it."""

import uuid

import pytest

from accounts.models import Share
from bots.models import BotConnection
from bots.services.bots import create_bot
from bots.services.connections import connect_account, connect_group
from conftest import NOW
from core.errors import Missing
from groups.models import AccountGroup, GroupMember
from groups.services.changes import delete_group
from groups.services.membership import add_accounts, create_group
from trading.models import AccountScope, RiskAlert, RiskLimit, ScopeType, Switch, SwitchState
from trading.services.scopes import turn_switch


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def group(ada, account):
    return create_group(name="Desk", created_by=ada, accounts=[account], max_drawdown_percent=10)


@pytest.fixture
def delete(group, ada, client_of):
    return lambda user=ada: client_of(user).delete(f"/api/v1/groups/{group.id}")


def test_it_is_hidden_and_its_row_stays(group, delete, ada, client_of):
    answer = delete()
    assert (answer.status_code, answer.json()["data"]) == (200, {"group_id": str(group.id)})
    api = client_of(ada)
    assert api.get("/api/v1/groups").json()["data"]["total"] == 0
    assert (api.get(f"/api/v1/groups/{group.id}").status_code, delete().status_code) == (404, 404)
    assert AccountGroup.objects.get().name == "Desk"


def test_nobody_is_in_it_and_nothing_covers_its_accounts(group, delete, account):
    delete()
    assert not GroupMember.objects.exists()
    assert not AccountScope.objects.filter(account=account).exists()


def test_its_bots_trade_what_they_are_connected_to_alone(group, delete, tom, account, account_of):
    bot, direct = create_bot(owner=tom, name="Trend", symbol="BTCUSDT"), account_of(tom)
    connect_group(bot, group)
    connect_account(bot, direct)
    delete()
    assert BotConnection.objects.values_list("account", "group").get() == (direct.id, None)
    assert AccountScope.objects.values_list("scope_type", "account").get() == ("bot", direct.id)


def test_its_limits_go_and_their_alerts_end(group, delete):
    limit = RiskLimit.objects.create(
        scope_type="group", scope_id=group.id, limit_type="daily_loss", limit_value="500", flatten_on_breach=True
    )
    facts = {"scope_type": "group", "scope_id": group.id, "limit_type": "daily_loss", "severity": "warning"}
    RiskAlert.objects.create(limit=limit, current_value="450", limit_value="500", triggered_at=NOW, **facts)
    delete()
    assert (RiskLimit.objects.exists(), RiskAlert.objects.get().cleared_at is None) == (False, False)


def test_who_it_was_shared_with_reads_nothing_of_it(group, delete, vic, client_of):
    Share.objects.create(user=vic, scope_type="group", scope_id=group.id)
    delete()
    assert (client_of(vic).get(f"/api/v1/groups/{group.id}").status_code, Share.objects.exists()) == (404, False)


def test_its_name_is_free_again(group, delete, ada, client_of):
    delete()
    assert client_of(ada).post("/api/v1/groups", {"name": "Desk"}).status_code == 201


@pytest.mark.parametrize("state", [SwitchState.HALTED, SwitchState.REDUCING])
def test_one_that_is_halted_stays(group, delete, account, state):
    turn_switch(ScopeType.GROUP, group.id, state=state, reason="Fire.")
    answer = delete()
    assert (answer.status_code, answer.json()["code"], group.accounts.get()) == (409, "GROUP_HALTED", account)
    assert RiskLimit.objects.exists()


def test_one_that_was_resumed_leaves_no_switch(group, delete):
    turn_switch(ScopeType.GROUP, group.id, state=SwitchState.HALTED, reason="Fire.")
    turn_switch(ScopeType.GROUP, group.id, state=SwitchState.ACTIVE, reason="Out.")
    assert (delete().status_code, Switch.objects.exists()) == (200, False)


def test_nobody_joins_it_any_more(group, account, tom, account_of):
    delete_group(group.id, now=NOW)
    with pytest.raises(Missing):
        add_accounts(group, [account_of(tom).id])
    assert not GroupMember.objects.exists()


@pytest.mark.parametrize("ask", ["connect", "share", "limit", "trade"])
def test_no_other_door_knows_it(group, delete, ada, vic, client_of, ask):
    delete()
    api, gone = client_of(ada), str(group.id)
    bot = create_bot(owner=ada, name="Trend", symbol="BTCUSDT")
    shared = {"shared": [{"scope_type": "group", "scope_id": gone}]}
    limit = {"limit_type": "drawdown", "limit_value": 5, "scope_type": "group", "scope_id": gone}
    answers = {
        "connect": lambda: api.post(f"/api/v1/bots/{bot.id}/connect-account", {"group_id": gone}),
        "share": lambda: api.patch(f"/api/v1/users/{vic.pk}", shared),
        "limit": lambda: api.post("/api/v1/risk/limits", limit),
        "trade": lambda: api.post(f"/api/v1/trading/group/{gone}/execute", {"symbol": "BTCUSDT", "side": "close"}),
    }
    assert answers[ask]().status_code in (404, 422)
    assert (BotConnection.objects.exists(), Share.objects.exists(), RiskLimit.objects.exists()) == (False,) * 3


@pytest.mark.parametrize("who", ["tom", "mallory", "vic", "eve"])
def test_only_admins_delete_it(group, delete, request, who):
    user = request.getfixturevalue(who)
    Share.objects.create(user=user, scope_type="group", scope_id=group.id)
    assert (delete(user).status_code, AccountGroup.objects.living().count()) == (403, 1)


def test_one_that_is_not_there_is_a_404(ada, client_of):
    assert client_of(ada).delete(f"/api/v1/groups/{uuid.uuid4()}").status_code == 404
