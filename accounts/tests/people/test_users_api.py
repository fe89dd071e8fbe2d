"""/users: admins see all people, and change their role, whether they come in, and what is shared with them."""

import uuid
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, Share, User
from accounts.services import people as services
from bots.models import Bot
from bots.services.bots import create_bot
from groups.services.membership import create_group

ADDRESS = "/api/v1/users"
FIELDS = {
    *("id", "username", "email", "full_name", "role", "is_active", "created_at", "last_login", "shared"),
}


def page_of(user):
    return f"{ADDRESS}/{user.pk}"


@pytest.fixture
def api(ada, client_of):
    return client_of(ada)


@pytest.fixture
def things(ada, tom, account_of):
    """One of each that can be shared, as the API names it."""
    account = account_of(tom)
    rows = {
        "account": account,
        "group": create_group(name="Desk", created_by=ada, accounts=[account]),
        "bot": create_bot(owner=tom, name="Trend", symbol="BTCUSDT"),
    }
    return [{"scope_type": scope_type, "scope_id": str(row.pk)} for scope_type, row in rows.items()]


def test_a_person_is_told_with_what_is_shared(api, vic):
    Share.objects.create(user=vic, scope_type="bot", scope_id=vic.pk)
    body = api.get(page_of(vic)).json()
    assert set(body) == FIELDS
    assert (body["username"], body["role"], body["is_active"]) == ("vic", "viewer", True)
    assert body["shared"] == [{"scope_type": "bot", "scope_id": str(vic.pk)}]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["ada", "tom", "vic"]),
        ({"role": "TRADER"}, ["tom"]),
        ({"is_active": "false"}, ["vic"]),
        ({"is_active": "true"}, ["ada", "tom"]),
        ({"search": "TOM@ex"}, ["tom"]),
        ({"search": "victoria"}, ["vic"]),
        ({"search": "ada", "role": "viewer"}, []),
        ({"limit": 1, "offset": 1}, ["tom"]),
    ],
    ids=str,
)
def test_people_are_listed_by_name_and_filtered(api, tom, vic, query, names):
    User.objects.filter(pk=vic.pk).update(is_active=False, full_name="Victoria")
    body = api.get(ADDRESS, query).json()
    assert [row["username"] for row in body["items"]] == names


@pytest.mark.parametrize("query", [{"role": "king"}, {"is_active": "x"}, {"search": "\x00"}, {"limit": 0}], ids=str)
def test_a_filter_that_makes_no_sense_is_a_422(api, query):
    assert list(api.get(ADDRESS, query).json()["errors"]) == list(query)


@pytest.mark.parametrize("who", ["tom", "eve", "vic"])
def test_only_admins_see_and_change_people(request, client_of, who):
    user = request.getfixturevalue(who)
    api = client_of(user)
    answers = [api.get(ADDRESS), api.get(page_of(user)), api.patch(page_of(user), {"role": "admin"})]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert User.objects.get(pk=user.pk).role == user.role


def test_a_person_who_is_not_there_is_a_404(api):
    assert api.get(f"{ADDRESS}/{uuid.uuid4()}").status_code == 404
    assert api.patch(f"{ADDRESS}/{uuid.uuid4()}", {}).status_code == 404


def test_role_entry_and_name_are_changed(api, tom):
    body = api.patch(page_of(tom), {"role": "VIEWER", "is_active": False, "full_name": "Tom"}).json()
    assert (body["role"], body["is_active"], body["full_name"]) == ("viewer", False, "Tom")
    assert User.objects.filter(pk=tom.pk, role="viewer", is_active=False, full_name="Tom").exists()


def test_a_change_of_role_counts_on_the_next_request(api, tom, client_of):
    toms = client_of(tom)
    assert toms.get(ADDRESS).status_code == 403
    api.patch(page_of(tom), {"role": "admin"})
    assert toms.get(ADDRESS).status_code == 200


def test_who_is_shut_out_is_out_at_once(api, tom, client_of):
    toms = client_of(tom)
    api.patch(page_of(tom), {"is_active": False})
    assert toms.get("/api/v1/users/me").status_code == 401


def test_what_is_shared_is_replaced(api, vic, ada, things):
    api.patch(page_of(vic), {"shared": things[:2]})
    kept = Share.objects.get(scope_type="group")
    body = api.patch(page_of(vic), {"shared": [*things[1:], things[1]]}).json()
    assert sorted(body["shared"], key=str) == sorted(things[1:], key=str)
    assert Share.objects.get(scope_type="group") == kept
    assert set(Share.objects.values_list("created_by", flat=True)) == {ada.pk}


def test_what_is_told_to_be_shared_can_be_sent_back_though_it_is_gone(api, vic, things):
    api.patch(page_of(vic), {"shared": things})
    Bot.objects.all().delete()
    shared = api.get(page_of(vic)).json()["shared"]
    answer = api.patch(page_of(vic), {"full_name": "V", "shared": shared})
    assert (answer.status_code, len(answer.json()["shared"])) == (200, 3)


def test_shares_are_left_alone_where_nothing_is_said_of_them(api, vic, things):
    api.patch(page_of(vic), {"shared": things})
    api.patch(page_of(vic), {"full_name": "V"})
    assert vic.shares.count() == 3
    api.patch(page_of(vic), {"shared": []})
    assert vic.shares.count() == 0


@pytest.mark.parametrize("scope_type", ["account", "group", "bot"])
def test_what_is_not_there_is_not_shared_and_nothing_is_changed(api, vic, things, scope_type):
    wrong = {"scope_type": scope_type, "scope_id": str(uuid.uuid4())}
    answer = api.patch(page_of(vic), {"role": "trader", "shared": [*things, wrong]})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["shared"])
    assert wrong["scope_id"] in answer.json()["detail"]
    assert (vic.shares.count(), User.objects.get(pk=vic.pk).role) == (0, "viewer")


@pytest.mark.parametrize("field", ["password", "username", "email", "is_staff", "preferences", "balance", "id"])
def test_what_is_not_the_admins_to_say_is_a_422(api, tom, field):
    answer = api.patch(page_of(tom), {field: "x", "full_name": "Tim"})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert User.objects.get(pk=tom.pk).full_name == ""


@pytest.mark.parametrize(
    ("field", "asked"),
    [
        ("role", {"role": "king"}),
        ("role", {"role": None}),
        ("is_active", {"is_active": "x"}),
        ("full_name", {"full_name": "x" * 151}),
        ("shared", {"shared": {}}),
        ("shared", {"shared": [{}]}),
        ("shared", {"shared": [{"scope_type": "moon", "scope_id": str(uuid.UUID(int=4))}]}),
        ("shared", {"shared": [{"scope_type": "bot", "scope_id": "x"}]}),
        ("shared", {"shared": [{"scope_type": "bot", "scope_id": str(uuid.UUID(int=4)), "user": "x"}]}),
        ("shared", {"shared": [{"scope_type": "bot", "scope_id": str(uuid.UUID(int=4))}] * 1001}),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_wrong_field_is_a_422_that_names_it(api, tom, field, asked):
    answer = api.patch(page_of(tom), asked)
    assert (answer.status_code, {name.split(".")[0] for name in answer.json()["errors"]}) == (422, {field})


@pytest.mark.parametrize("change", [{"role": "trader"}, {"is_active": False}])
def test_the_last_active_admin_stays(api, ada, change):
    User.objects.create_user("olga", "olga@desk.test", role=Role.ADMIN, is_active=False)
    answer = api.patch(page_of(ada), {**change, "full_name": "A"})
    assert (answer.status_code, answer.json()["code"]) == (409, "LAST_ADMIN")
    assert User.objects.filter(pk=ada.pk, role="admin", is_active=True, full_name="").exists()


def test_one_of_two_admins_may_go(api, ada):
    User.objects.create_user("olga", "olga@desk.test", role=Role.ADMIN)
    assert api.patch(page_of(ada), {"role": "trader"}).status_code == 200
    assert api.get(ADDRESS).status_code == 403


@pytest.fixture
def both_checked(monkeypatch):
    """Hold up whoever has been checked until another is checked too, or half a second is over: a lock keeps it out."""
    check, barrier = services.check_an_admin_stays, Barrier(2, timeout=0.5)

    def checked(user):
        check(user)
        with suppress(BrokenBarrierError):
            barrier.wait()

    monkeypatch.setattr(services, "check_an_admin_stays", checked)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("both_checked")
def test_of_admins_who_put_each_other_out_at_once_one_stays(ada, client_of, at_once):
    olga = User.objects.create_user("olga", "olga@desk.test", role=Role.ADMIN)
    asked = [(client_of(ada), page_of(olga)), (client_of(olga), page_of(ada))]
    statuses = at_once(2, lambda: (pair := asked.pop(), pair[0].patch(pair[1], {"role": "viewer"}).status_code)[1])
    assert User.objects.filter(role=Role.ADMIN).count() == 1
    assert sorted(statuses) in ([200, 403], [200, 409])


def statements(api, address):
    with CaptureQueriesContext(connection) as queries:
        assert api.get(address).status_code == 200
    return len(queries)


def test_the_statements_of_the_list_do_not_grow_with_people_and_shares(api, vic, things):
    api.patch(page_of(vic), {"shared": things})
    few = statements(api, ADDRESS)
    made = [User.objects.create_user(f"u{number}", f"u{number}@desk.test") for number in range(10)]
    Share.objects.bulk_create([Share(user=user, scope_type="bot", scope_id=user.pk) for user in made])
    assert statements(api, ADDRESS) == few
