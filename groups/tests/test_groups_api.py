"""/groups in multi's shape: admins write, others read what is shared with them."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Share
from bots.services.bots import create_bot
from bots.services.connections import connect_account, connect_group
from groups.models import AccountGroup, GroupMember
from groups.services.membership import create_group

ADDRESS = "/api/v1/groups"


@pytest.fixture
def account(tom, account_of):
    return account_of(tom)


@pytest.fixture
def group(ada, account):
    return create_group(name="Desk", created_by=ada, accounts=[account])


def test_a_group_is_created(ada, account, client_of):
    answer = client_of(ada).post(ADDRESS, {"name": "Desk", "description": "All", "accounts": [str(account.id)]})
    body = answer.json()
    group = body["data"]["group"]
    assert (answer.status_code, body["success"], set(body)) == (201, True, {"success", "message", "data"})
    assert (group["name"], group["description"], group["accounts"]) == ("Desk", "All", [str(account.id)])
    assert AccountGroup.objects.get().created_by == ada


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("name", {"name": ""}),
        ("name", {"name": "x" * 101}),
        ("accounts.0", {"accounts": ["x"]}),
        ("accounts", {"accounts": "x"}),
        ("colour", {"colour": "blue"}),
    ],
    ids=str,
)
def test_a_wrong_field_is_a_422_that_names_it_and_creates_nothing(ada, client_of, field, asked):
    answer = client_of(ada).post(ADDRESS, {"name": "Desk", **asked})
    assert answer.status_code == 422
    assert [name.split(".")[0] for name in answer.json()["errors"]] == [field.split(".")[0]]
    assert not AccountGroup.objects.exists()


def test_a_taken_name_is_a_409(group, ada, client_of):
    assert client_of(ada).post(ADDRESS, {"name": "Desk"}).status_code == 409


def test_a_group_of_accounts_that_are_not_there_is_a_404(ada, client_of):
    assert client_of(ada).post(ADDRESS, {"name": "Desk", "accounts": [str(uuid.uuid4())]}).status_code == 404
    assert not AccountGroup.objects.exists()


@pytest.mark.parametrize("who", ["tom", "vic", "eve"])
def test_only_admins_create_groups(request, client_of, who):
    assert client_of(request.getfixturevalue(who)).post(ADDRESS, {"name": "Desk"}).status_code == 403
    assert not AccountGroup.objects.exists()


@pytest.mark.parametrize("who", ["tom", "mallory", "vic", "eve"])
def test_only_admins_change_members_even_of_their_own_accounts(group, account, request, client_of, who):
    user = request.getfixturevalue(who)
    Share.objects.create(user=user, scope_type="group", scope_id=group.id)
    api, path = client_of(user), f"{ADDRESS}/{group.id}/accounts"
    answers = [
        api.post(path, {"account_ids": []}),
        api.post(f"{path}/{account.id}"),
        api.delete(f"{path}/{account.id}"),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert GroupMember.objects.count() == 1


@pytest.mark.parametrize(("who", "status"), [("ada", 200), ("tom", 404), ("mallory", 404), ("vic", 404)])
def test_who_may_read_a_group(group, request, client_of, who, status):
    api = client_of(request.getfixturevalue(who))
    assert api.get(f"{ADDRESS}/{group.id}").status_code == status
    assert api.get(ADDRESS).json()["data"]["total"] == (1 if status == 200 else 0)


@pytest.mark.parametrize("who", ["tom", "vic", "eve"])
def test_a_share_lets_read(group, request, client_of, who):
    user = request.getfixturevalue(who)
    Share.objects.create(user=user, scope_type="group", scope_id=group.id)
    api = client_of(user)
    assert api.get(f"{ADDRESS}/{group.id}").json()["data"]["group"]["name"] == "Desk"
    assert api.get(ADDRESS).json()["data"]["total"] == 1


def test_a_group_that_is_not_there_is_a_404(ada, client_of):
    assert client_of(ada).get(f"{ADDRESS}/{uuid.uuid4()}").status_code == 404


def test_an_account_is_added_and_taken_out(group, account, tom, ada, account_of, client_of):
    late, api = account_of(tom), client_of(ada)
    added = api.post(f"{ADDRESS}/{group.id}/accounts/{late.id}").json()["data"]["group"]["accounts"]
    left = api.delete(f"{ADDRESS}/{group.id}/accounts/{account.id}").json()["data"]["group"]["accounts"]
    assert (set(added), left) == ({str(account.id), str(late.id)}, [str(late.id)])


@pytest.mark.parametrize("method", ["post", "delete"])
def test_an_account_that_is_not_there_is_a_404(group, ada, client_of, method):
    answer = getattr(client_of(ada), method)(f"{ADDRESS}/{group.id}/accounts/{uuid.uuid4()}")
    assert (answer.status_code, GroupMember.objects.count()) == (404, 1)


def test_of_many_those_that_can_join_do_and_the_others_are_told_why(group, tom, ada, account_of, client_of):
    late, taken, nowhere = account_of(tom), account_of(tom), uuid.uuid4()
    connect_account(create_bot(owner=tom, name="Holder", symbol="BTCUSDT"), taken)
    connect_group(create_bot(owner=tom, name="Of the group", symbol="BTCUSDT"), group)
    asked = {"account_ids": [str(late.id), str(taken.id), str(nowhere)]}
    results = client_of(ada).post(f"{ADDRESS}/{group.id}/accounts", asked).json()["data"]["results"]
    codes = {row["account_id"]: row["code"] for row in results["failed"]}
    assert results["success"] == [str(late.id)]
    assert codes == {str(taken.id): "COIN_TAKEN", str(nowhere): "NOT_FOUND"}


def test_a_taken_coin_is_a_409_for_one_that_joins(group, tom, ada, account_of, client_of):
    taken = account_of(tom)
    connect_account(create_bot(owner=tom, name="Holder", symbol="BTCUSDT"), taken)
    connect_group(create_bot(owner=tom, name="Of the group", symbol="BTCUSDT"), group)
    answer = client_of(ada).post(f"{ADDRESS}/{group.id}/accounts/{taken.id}")
    assert (answer.status_code, answer.json()["code"], GroupMember.objects.count()) == (409, "COIN_TAKEN", 1)


@pytest.mark.parametrize("body", [{}, {"account_ids": []}, {"account_ids": ["x"]}, {"account_ids": "x"}])
def test_a_list_of_accounts_that_is_none_is_a_422(group, ada, client_of, body):
    assert client_of(ada).post(f"{ADDRESS}/{group.id}/accounts", body).status_code == 422


def test_the_statements_of_the_list_do_not_grow_with_groups_and_members(group, tom, ada, account_of, client_of):
    api = client_of(ada)
    few = statements(api, ADDRESS)
    made = [create_group(name=str(n), created_by=ada, accounts=[account_of(tom), account_of(tom)]) for n in range(10)]
    assert (statements(api, ADDRESS), len(made)) == (few, 10)


def statements(api, address):
    with CaptureQueriesContext(connection) as queries:
        assert api.get(address).status_code == 200
    return len(queries)


@pytest.fixture
def assign(tom, account_of, client_of):
    """Ask that tom's account, `assign.account`, joins a group: `assign(ada, group.id)`."""

    def ask(user, group_id):
        return client_of(user).post(f"/api/v1/accounts/{ask.account.id}/assign-group", {"group_id": str(group_id)})

    ask.account = account_of(tom)
    return ask


def test_an_account_is_assigned_to_a_group(ada, assign):
    group = create_group(name="Assigned", created_by=ada)
    answers = [assign(ada, group.id), assign(ada, group.id)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {"success": True})] * 2
    assert list(group.accounts.all()) == [assign.account]


def test_nothing_is_assigned_to_a_group_that_is_not_there(ada, assign):
    assert assign(ada, assign.account.id).status_code == 404


def test_only_admins_assign(ada, tom, assign):
    group = create_group(name="Assigned", created_by=ada)
    assert assign(tom, group.id).status_code == 403
    assert not group.accounts.exists()


@pytest.mark.parametrize(
    ("body", "field"), [({}, "group_id"), ({"group_id": "x"}, "group_id"), ({"account_id": "x"}, "account_id")]
)
def test_what_names_no_group_is_a_422(ada, assign, client_of, body, field):
    answer = client_of(ada).post(f"/api/v1/accounts/{assign.account.id}/assign-group", body)
    assert (answer.status_code, field in answer.json()["errors"]) == (422, True)


def test_a_coin_that_another_bot_trades_keeps_an_account_out(ada, tom, assign):
    group = create_group(name="Assigned", created_by=ada)
    connect_group(create_bot(owner=ada, name="One", symbol="BTCUSDT"), group)
    connect_account(create_bot(owner=tom, name="Two", symbol="BTCUSDT"), assign.account)
    answer = assign(ada, group.id)
    assert (answer.status_code, answer.json()["code"]) == (409, "COIN_TAKEN")
