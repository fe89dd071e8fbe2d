"""PATCH /users/me and GET /auth/permissions: what people change and learn of themselves."""

import json

import pytest

from accounts.models import User
from accounts.preferences import DEEPEST, LARGEST_BYTES, merged
from core.errors import Invalid

ME = "/api/v1/users/me"


@pytest.mark.parametrize(
    ("kept", "patch", "whole"),
    [
        ({}, {}, {}),
        ({"a": 1}, {}, {"a": 1}),
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": 1}, {"a": None}, {}),
        ({"a": 1}, {"b": None}, {"a": 1}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}, {"a": {"b": 3, "c": 2}}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}, {"a": {"c": 2}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": 1}, {"a": {"b": None, "c": 1}}, {"a": {"c": 1}}),
        ({"a": {"b": 1}}, {"a": 2}, {"a": 2}),
        ({}, {"a": [None, {"b": None}]}, {"a": [None, {"b": None}]}),
    ],
)
def test_preferences_are_merged_as_a_merge_patch_says(kept, patch, whole):
    before = json.dumps(kept)
    assert merged(kept, patch) == whole
    assert json.dumps(kept) == before


def nested(levels):
    return json.loads('{"a":' * levels + "1" + "}" * levels)


def test_preferences_are_only_so_large_and_so_deep():
    room = LARGEST_BYTES - len('{"a":"","b":1}')
    assert merged({"b": 1}, {"a": "x" * room})
    assert merged({}, nested(DEEPEST))
    with pytest.raises(Invalid):
        merged({"b": 1}, {"a": "x" * (room + 1)})
    with pytest.raises(Invalid):
        merged({}, nested(DEEPEST + 1))
    with pytest.raises(Invalid):
        merged({}, {"a": "é" * (LARGEST_BYTES // 2)})


def test_a_person_changes_their_name_and_preferences(tom, paper, client_of):
    User.objects.update(preferences={"theme": "dark", "language": "en"})
    answer = client_of(tom).patch(ME, {"full_name": "Tom", "preferences": {"theme": "light"}})
    body = answer.json()
    assert (answer.status_code, body["full_name"], body["balance"]) == (200, "Tom", "10000")
    assert body["preferences"] == {"theme": "light", "language": "en"}
    assert client_of(tom).get(ME).json() == body


@pytest.mark.parametrize("who", ["ada", "tom", "eve", "vic"])
def test_every_role_has_a_page(request, client_of, who):
    assert client_of(request.getfixturevalue(who)).patch(ME, {"full_name": "x"}).status_code == 200


def test_what_is_not_named_stays(tom, client_of):
    User.objects.update(full_name="Tom", preferences={"a": 1})
    client_of(tom).patch(ME, {})
    client_of(tom).patch(ME, {"preferences": {}})
    assert User.objects.filter(full_name="Tom", preferences={"a": 1}).exists()


@pytest.mark.parametrize("value", [1, 1.5, -2.5e-7, 10**30, True, "", "é\n", [], [1.5, {"b": None}], {"b": 0.1}])
def test_what_json_can_say_comes_back_as_it_was(tom, client_of, value):
    client_of(tom).patch(ME, {"preferences": {"a": value}})
    assert client_of(tom).get(ME).json()["preferences"] == {"a": value}


@pytest.mark.parametrize(
    "asked",
    [
        '{"preferences": null}',
        '{"preferences": []}',
        '{"preferences": "x"}',
        '{"preferences": {"a": 1e400}}',
        '{"preferences": {"a": "' + "x" * LARGEST_BYTES + '"}}',
        '{"preferences": ' + json.dumps(nested(9)) + "}",
    ],
    ids=lambda text: text[:40],
)
def test_preferences_that_are_none_are_a_422_and_change_nothing(tom, client_of, asked):
    User.objects.update(preferences={"b": 1})
    answer = client_of(tom).patch(ME, asked, content_type="application/json")
    assert (answer.status_code, {name.split(".")[0] for name in answer.json()["errors"]}) == (422, {"preferences"})
    assert User.objects.get().preferences == {"b": 1}


@pytest.mark.parametrize("field", ["role", "email", "username", "password", "is_active", "balance", "is_staff"])
def test_what_is_not_ones_own_to_say_is_a_422(tom, client_of, field):
    answer = client_of(tom).patch(ME, {field: "admin", "full_name": "T"})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert User.objects.filter(pk=tom.pk, full_name="", role="trader").exists()


def test_a_name_that_is_too_long_is_a_422(tom, client_of):
    assert list(client_of(tom).patch(ME, {"full_name": "x" * 151}).json()["errors"]) == ["full_name"]


@pytest.mark.django_db(transaction=True)
def test_keys_that_are_set_at_the_same_moment_are_all_kept(tom, client_of, at_once):
    asked, api = [{"preferences": {f"key{number}": number}} for number in range(8)], client_of(tom)
    assert at_once(8, lambda: api.patch(ME, asked.pop()).status_code) == [200] * 8
    assert len(User.objects.get().preferences) == 8


@pytest.mark.parametrize("who", ["ada", "tom", "eve", "vic"])
def test_everybody_is_told_what_they_may(request, client_of, who):
    user = request.getfixturevalue(who)
    body = client_of(user).get("/api/v1/auth/permissions").json()
    assert (set(body), set(body["data"])) == ({"success", "message", "data"}, {"permissions", "role", "timestamp"})
    assert (body["success"], body["data"]["role"]) == (True, user.role)
    assert body["data"]["permissions"] == sorted(user.get_all_permissions())
    assert body["data"]["timestamp"].endswith("Z")
