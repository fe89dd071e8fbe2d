"""The socket of bot updates: who is let in, what it understands, what it refuses."""

import asyncio
import uuid
from datetime import timedelta

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import Group, Permission
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts import consumers as people
from accounts import sockets as doors
from accounts.models import Share, User, UserSession
from accounts.models.sessions import EndReason
from accounts.services.password_resets import complete_reset, reset_token
from accounts.services.passwords import change_password
from accounts.services.sessions import Device, end_session, open_session, terminate_session
from bots import consumers
from bots.models import Bot, BotStatus
from bots.selectors.bots import readable_pairs
from bots.services.bots import change_status
from config.tests.talking import Conversation, talk, token_of
from conftest import PASSWORD
from core.models import Event
from core.streams import hub as hubs
from core.streams.outbox import emit
from core.streams.relay import number_events
from trading.services.facts import bot_message, bot_stream

pytestmark = pytest.mark.django_db(transaction=True)

ORIGIN = (b"origin", b"http://localhost:8000")
HOST = (b"host", b"localhost:8000")


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch):
    monkeypatch.setattr(hubs, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(doors, "WATCH_SECONDS", 0.02)


@pytest.fixture
def bot(tom, bot_of):
    return bot_of(tom)


def cookie_of(user):
    browser = Client()
    browser.force_login(user)
    return (b"cookie", f"sessionid={browser.cookies['sessionid'].value}".encode())


def tell_now(bot, *numbers):
    now = timezone.now()
    emit([bot_message(bot.id, [{"number": number}], now=now) for number in numbers], now=now)
    number_events()


tell = database_sync_to_async(tell_now)


class Talk(Conversation):
    """A conversation about bots."""

    async def subscribe(self, bot, **more):
        await self.say(type="subscribe", bot_id=str(bot.id), **more)
        return await self.hear()


def closed_with(path, *messages, headers=()):
    """Return the code with which a socket is closed after these messages."""

    async def work():
        async with Talk(path, headers) as peer:
            for message in messages:
                await peer.say(**message)
            while await peer.hear() is not None:
                continue
            return peer.code

    return talk(work)


def answers_to(path, *messages, headers=()):
    """Return what is answered to each of these messages."""

    async def work():
        async with Talk(path, headers) as peer:
            answers = []
            for message in messages:
                await peer.say(**message)
                answers.append(await peer.hear())
            return answers

    return talk(work)


def path_of(user, *, token=None, since=None):
    query = f"?token={token or token_of(user)}" + (f"&since={since}" if since is not None else "")
    return f"/ws/{user.id}{query}"


def end_by(reason):
    return lambda _, session_id: end_session(UserSession(pk=session_id), reason=reason, now=timezone.now())


def change_elsewhere(user, _):
    here = open_session(user, device=Device(), now=timezone.now())
    session = UserSession.objects.select_related("user").get(pk=here.session_id)
    asked = {"current_password": PASSWORD, "new_password": "New-Trees-88"}
    change_password(RequestFactory().post("/"), session, **asked, now=timezone.now())


def set_by_hand(user, _):
    user.set_password("New-Trees-88")
    user.save(update_fields=["password"])


WAYS_OUT = {
    "terminated": lambda user, session_id: terminate_session(session_id, asker=user, now=timezone.now()),
    "logged out": end_by(EndReason.LOGOUT),
    "refresh reused": end_by(EndReason.REFRESH_REUSED),
    "changed elsewhere": change_elsewhere,
    "set by an operator": set_by_hand,
    "reset": lambda user, _: complete_reset(
        token=reset_token(User.objects.get(pk=user.pk)), new_password="New-Trees-88", now=timezone.now()
    ),
    "shut out": lambda *_: User.objects.update(is_active=False),
    "run out": lambda *_: UserSession.objects.update(expires_at=timezone.now()),
}


PING, PONG = {"type": "ping"}, {"type": "pong"}


class TestLettingIn:
    @pytest.mark.parametrize("form", ["/ws/{}", "/ws/{}/", "/api/v1/ws/{}", "/api/v1/ws/{}/"])
    def test_by_a_token_in_the_address(self, form, tom):
        assert answers_to(f"{form.format(tom.id)}?token={token_of(tom)}", PING) == [PONG]

    def test_by_a_token_in_the_first_message(self, tom):
        async def work():
            async with Talk(f"/ws/{tom.id}") as peer:
                await peer.say(token=token_of_tom)
                await peer.say(**PING)
                return await peer.hear()

        token_of_tom = token_of(tom)
        assert talk(work) == PONG

    def test_by_the_cookie_of_a_page_of_ours(self, tom):
        assert answers_to(f"/ws/{tom.id}", PING, headers=[ORIGIN, HOST, cookie_of(tom)]) == [PONG]

    def test_a_page_that_is_trusted_may_use_the_cookie(self, tom, settings):
        settings.CSRF_TRUSTED_ORIGINS = ["https://*.example.com"]
        headers = [(b"origin", b"https://desk.example.com"), HOST, cookie_of(tom)]
        assert answers_to(f"/ws/{tom.id}", PING, headers=headers) == [PONG]

    @pytest.mark.parametrize(
        "origin", [b"https://evil.example", b"http://localhost:3000", b"null", b"", b"http://localhost:x"]
    )
    def test_a_page_of_others_may_not_use_the_cookie(self, origin, tom):
        headers = [(b"origin", origin), HOST, cookie_of(tom)]
        assert closed_with(f"/ws/{tom.id}", PING, headers=headers) == 4401

    def test_a_host_that_is_not_ours_may_not_use_the_cookie(self, tom):
        headers = [(b"origin", b"http://evil.example"), (b"host", b"evil.example"), cookie_of(tom)]
        assert closed_with(f"/ws/{tom.id}", PING, headers=headers) == 4401

    def test_a_token_has_no_rule_of_origin(self, tom):
        assert answers_to(path_of(tom), PING, headers=[(b"origin", b"https://evil.example")]) == [PONG]

    @pytest.mark.parametrize("token", ["junk", "a.b.c"])
    def test_a_bad_token_in_the_address(self, token, tom):
        assert closed_with(path_of(tom, token=token)) == 4401

    @pytest.mark.parametrize("first", [{"token": "junk"}, {"token": 7}, {"token": None}, {"type": "ping"}, {}])
    def test_a_first_message_without_a_good_token(self, first, tom):
        assert closed_with(f"/ws/{tom.id}", first) == 4401

    def test_a_refresh_token_is_no_proof(self, tom):
        tokens = open_session(tom, device=Device(), now=timezone.now())
        assert closed_with(path_of(tom, token=tokens.refresh)) == 4401

    def test_a_session_that_is_over(self, tom):
        token = token_of(tom)
        end_session(UserSession.objects.get(), reason=EndReason.LOGOUT, now=timezone.now())
        assert closed_with(path_of(tom, token=token)) == 4401

    def test_nothing_for_ten_seconds(self, tom, monkeypatch):
        monkeypatch.setattr(people, "PROOF_SECONDS", 0.05)
        assert closed_with(f"/ws/{tom.id}") == 4401

    def test_the_id_of_another(self, tom, eve):
        assert closed_with(path_of(eve, token=token_of(tom))) == 4403

    def test_an_admin_has_no_other_socket_than_their_own(self, ada, tom):
        assert closed_with(path_of(tom, token=token_of(ada))) == 4403

    @pytest.mark.parametrize("user_id", ["me", "1", "%00", "x" * 300])
    def test_an_id_that_is_none(self, user_id, tom):
        assert closed_with(f"/ws/{user_id}?token={token_of(tom)}") == 4403

    @pytest.mark.parametrize("path", ["/", "/ws", "/ws/a/b", "/api/v2/ws/1"])
    def test_an_address_without_a_socket(self, path):
        assert closed_with(path) == 4403


class TestLettingGo:
    def ended(self, path, end, headers=()):
        async def work():
            async with Talk(path, headers) as peer:
                await peer.say(**PING)
                await peer.hear()
                await database_sync_to_async(end)()
                await peer.hear()
                return peer.code

        return talk(work)

    @pytest.mark.parametrize("end", WAYS_OUT.values(), ids=WAYS_OUT)
    def test_a_session_that_ends_takes_its_socket_along(self, tom, end):
        tokens = open_session(tom, device=Device(), now=timezone.now())
        assert self.ended(path_of(tom, token=tokens.access), lambda: end(tom, tokens.session_id)) == 4401

    @pytest.mark.parametrize("end", WAYS_OUT.values(), ids=WAYS_OUT)
    def test_a_session_of_a_page_takes_its_socket_along(self, tom, end):
        headers = [ORIGIN, HOST, cookie_of(tom)]
        session_id = UserSession.objects.get().pk
        assert self.ended(f"/ws/{tom.id}", lambda: end(tom, session_id), headers) == 4401

    def test_logging_out_of_the_pages_takes_the_socket_along(self, tom):
        browser = Client()
        browser.force_login(tom)
        headers = [ORIGIN, HOST, (b"cookie", f"sessionid={browser.cookies['sessionid'].value}".encode())]
        assert self.ended(f"/ws/{tom.id}", lambda: browser.post("/logout"), headers) == 4401

    def test_a_cookie_that_is_logged_out_lets_nobody_in(self, tom):
        headers = [ORIGIN, HOST, cookie_of(tom)]
        end_session(UserSession.objects.get(), reason=EndReason.LOGOUT, now=timezone.now())
        assert closed_with(f"/ws/{tom.id}", {}, headers=headers) == 4401

    def test_many_sockets_of_tokens_and_pages_are_asked_for_in_one_statement(self, tom, django_assert_num_queries):
        scopes = [{"headers": [ORIGIN, HOST, cookie_of(tom)]} for _ in range(10)]
        callers = [doors.caller_by_cookie(scope) for scope in scopes]
        callers += [doors.caller_by_token(token_of(tom)) for _ in range(10)]
        with django_assert_num_queries(1):
            assert doors.standing(callers) == {caller.key for caller in callers}
        assert len({caller.session_id for caller in callers}) == 20

    def test_a_doorkeeper_that_stumbles_gets_up_again(self, tom, monkeypatch):
        whole, faults = doors._standing, [ValueError(), ValueError()]

        async def stumbling(callers):
            if faults:
                raise faults.pop()
            return await whole(callers)

        monkeypatch.setattr(doors, "_standing", stumbling)
        assert self.ended(path_of(tom), lambda: User.objects.update(is_active=False)) == 4401


class TestFollowing:
    def test_what_a_bot_does_comes_with_its_numbers(self, bot, tom):
        async def work():
            async with Talk(path) as peer:
                confirmed = await peer.subscribe(bot)
                await tell(bot, 1)
                return confirmed, await peer.hear()

        path = path_of(tom)
        confirmed, told = talk(work)
        stream = f"bot:{bot.id}"
        assert confirmed == {"type": "subscribed", "bot_id": str(bot.id), "stream": stream, "cursor": 0}
        assert told["data"] == {"facts": [{"number": 1}]}
        assert (told["type"], told["bot_id"], told["stream"]) == ("bot_update", str(bot.id), stream)
        assert (told["seq"], told["cursor"], told["timestamp"][-1]) == (1, 1, "Z")

    @pytest.mark.parametrize("named", [{"since": 1}, {"since": "1"}, {}])
    def test_since_sends_what_was_missed_first(self, named, bot, tom):
        tell_now(bot, 1, 2, 3)

        async def work():
            async with Talk(path) as peer:
                await peer.subscribe(bot, **named)
                await tell(bot, 4)
                return [(await peer.hear())["cursor"] for _ in range(3)]

        path = path_of(tom, since=1)
        assert talk(work) == [2, 3, 4]

    def test_without_since_only_what_comes(self, bot, tom):
        tell_now(bot, 1, 2, 3)

        async def work():
            async with Talk(path) as peer:
                confirmed = await peer.subscribe(bot)
                await tell(bot, 4)
                return confirmed["cursor"], (await peer.hear())["cursor"]

        path = path_of(tom)
        assert talk(work) == (3, 4)

    @pytest.mark.parametrize("since", [0, 1000])
    def test_what_cannot_be_sent_is_a_resync(self, since, bot, tom):
        tell_now(bot, 1, 2, 3)
        Event.objects.filter(cursor__lte=2).delete()

        async def work():
            async with Talk(path) as peer:
                await peer.subscribe(bot, since=since)
                first = await peer.hear()
                await tell(bot, 4)
                return first, (await peer.hear())["cursor"]

        path = path_of(tom)
        assert talk(work) == ({"type": "resync", "stream": f"bot:{bot.id}", "cursor": 3}, 4)

    def test_subscribing_again_changes_nothing(self, bot, tom):
        async def work():
            async with Talk(path) as peer:
                await peer.subscribe(bot)
                await peer.subscribe(bot)
                await tell(bot, 1, 2)
                return [(await peer.hear())["cursor"] for _ in range(2)]

        path = path_of(tom)
        assert talk(work) == [1, 2]

    def test_what_comes_while_one_subscribes_again_comes_once(self, bot, tom, monkeypatch):
        whole, numbers = consumers.BotUpdates._confirm, iter([1, 2])

        async def slowly(*args):
            await whole(*args)
            await tell(bot, next(numbers))
            await asyncio.sleep(0.2)

        monkeypatch.setattr(consumers.BotUpdates, "_confirm", slowly)

        async def work():
            async with Talk(path) as peer:
                told = [await peer.subscribe(bot), await peer.hear(), await peer.subscribe(bot), await peer.hear()]
                await peer.say(**PING)  # it is answered once the second subscription is done
                told.append(await peer.hear())
                await tell(bot, 3)
                return [each.get("cursor") for each in [*told, await peer.hear()]]

        path = path_of(tom)
        assert talk(work) == [0, 1, 1, 2, None, 3]

    def test_after_unsubscribing_nothing_comes(self, bot, tom):
        async def work():
            async with Talk(path) as peer:
                await peer.subscribe(bot)
                await peer.say(type="unsubscribe", bot_id=str(bot.id))
                gone = await peer.hear()
                await tell(bot, 1)
                await asyncio.sleep(0.1)
                await peer.say(**PING)
                return gone, await peer.hear()

        path = path_of(tom)
        assert talk(work) == ({"type": "unsubscribed", "bot_id": str(bot.id)}, PONG)

    def test_a_share_that_is_taken_back_ends_the_subscription(self, bot, vic):
        share = Share.objects.create(user=vic, scope_type=Share.Scope.BOT, scope_id=bot.id)

        async def work():
            async with Talk(path) as peer:
                await peer.subscribe(bot)
                await share.adelete()
                gone = await peer.hear()
                await tell(bot, 1)
                await asyncio.sleep(0.1)
                await peer.say(**PING)
                return gone, await peer.hear()

        path = path_of(vic)
        assert talk(work) == ({"type": "unsubscribed", "bot_id": str(bot.id)}, PONG)

    def test_a_share_that_is_taken_back_while_one_subscribes(self, bot, vic, monkeypatch):
        share, whole = (
            Share.objects.create(user=vic, scope_type=Share.Scope.BOT, scope_id=bot.id),
            consumers.last_cursor,
        )

        async def slowly():
            await share.adelete()
            await asyncio.sleep(0.3)
            return await whole()

        monkeypatch.setattr(consumers, "last_cursor", slowly)

        async def work():
            async with Talk(path) as peer:
                told = [await peer.subscribe(bot), await peer.hear()]
                await tell(bot, 1)
                await asyncio.sleep(0.1)
                await peer.say(**PING)
                return [each["type"] for each in [*told, await peer.hear()]]

        path = path_of(vic)
        assert talk(work) == ["subscribed", "unsubscribed", "pong"]

    def test_who_may_still_read_goes_on_following(self, bot, tom):
        async def work():
            async with Talk(path) as peer:
                await peer.subscribe(bot)
                await asyncio.sleep(0.2)
                await tell(bot, 1)
                return (await peer.hear())["cursor"]

        path = path_of(tom)
        assert talk(work) == 1

    def test_who_may_read_is_asked_for_in_one_statement(
        self, bot, bot_of, ada, tom, vic, mallory, django_assert_num_queries
    ):
        deleted, unknown = bot_of(tom, name="Gone", symbol="ETHUSDT"), uuid.uuid4()
        Bot.objects.filter(pk=deleted.pk).update(deleted_at=timezone.now())
        Share.objects.create(user=vic, scope_type=Share.Scope.BOT, scope_id=bot.id)
        Share.objects.create(user=vic, scope_type=Share.Scope.BOT, scope_id=deleted.id)
        people = (ada, tom, vic, mallory)
        pairs = [(user.pk, bot_id) for user in people for bot_id in (bot.pk, deleted.pk, unknown)]
        with django_assert_num_queries(1):
            assert readable_pairs(pairs) == {(user.pk, bot.pk) for user in (ada, tom, vic)}

    @pytest.mark.parametrize("who", ["ada", "tom", "vic", "eve", "mallory"])
    @pytest.mark.parametrize("taken", [(), ("trader", "viewer")])
    def test_it_is_the_answer_that_a_request_gets(self, bot, request, who, taken):
        user = request.getfixturevalue(who)
        Share.objects.create(user=request.getfixturevalue("vic"), scope_type=Share.Scope.BOT, scope_id=bot.id)
        for group in Group.objects.filter(name__in=taken):
            group.permissions.remove(Permission.objects.get(codename="view_bot"))
        assert (readable_pairs([(user.pk, bot.pk)]) == {(user.pk, bot.pk)}) == user.has_perm("bots.view_bot", bot)

    @pytest.mark.parametrize("change", [{"role": "viewer"}, {"is_active": False}])
    def test_an_admin_who_is_one_no_more_follows_nothing_of_others(self, bot, ada, change):
        User.objects.filter(pk=ada.pk).update(**change)
        assert readable_pairs([(ada.pk, bot.pk)]) == set()

    def test_a_role_that_may_read_bots_no_more_ends_the_subscription(self, bot, tom):
        async def work():
            async with Talk(path) as peer:
                await peer.subscribe(bot)
                await trader.permissions.aremove(permission)
                return await peer.hear(), await peer.subscribe(bot)

        path, trader = path_of(tom), Group.objects.get(name="trader")
        permission = Permission.objects.get(codename="view_bot")
        gone, refused = talk(work)
        assert (gone, refused["code"]) == ({"type": "unsubscribed", "bot_id": str(bot.id)}, "FORBIDDEN")

    def test_an_admin_who_was_demoted_meanwhile_does_not_subscribe(self, bot, ada):
        async def work():
            async with Talk(path) as peer:
                await peer.say(**PING)
                await peer.hear()
                await User.objects.filter(pk=ada.pk).aupdate(role="viewer")
                return await peer.subscribe(bot)

        path = path_of(ada)
        assert talk(work) == NO_SUCH_BOT

    def test_a_change_of_status_is_told(self, bot):
        change_status(bot.id, BotStatus.ACTIVE)
        event = Event.objects.get(stream=bot_stream(bot.id))
        assert event.message["data"]["facts"] == [{"type": "BotChanged", "bot_id": str(bot.id), "status": "active"}]


NO_SUCH_BOT = {"type": "error", "code": "NOT_FOUND", "detail": "There is no such bot."}


class TestRefusals:
    def subscribing(self, bot_id):
        return {"type": "subscribe", "bot_id": bot_id}

    def test_a_bot_that_one_may_not_see_and_one_that_is_not_there_look_the_same(self, bot, mallory):
        asked = [self.subscribing(each) for each in (str(bot.id), str(uuid.uuid4()), "junk", 7, None, ["x"], {"a": 1})]
        assert answers_to(path_of(mallory), *asked) == [NO_SUCH_BOT] * len(asked)

    def test_a_deleted_bot_is_not_there(self, bot, tom):
        Bot.objects.update(deleted_at=timezone.now())
        assert answers_to(path_of(tom), self.subscribing(str(bot.id))) == [NO_SUCH_BOT]

    def test_a_bot_that_was_shared_is_followed(self, bot, vic):
        Share.objects.create(user=vic, scope_type=Share.Scope.BOT, scope_id=bot.id)
        assert answers_to(path_of(vic), self.subscribing(str(bot.id)))[0]["type"] == "subscribed"

    @pytest.mark.parametrize("since", [-1, "-1", "x", "", 1.5, True, [], 10**30, "9" * 30, "٣"])
    def test_a_since_that_is_no_cursor(self, since, bot, tom):
        [told] = answers_to(path_of(tom), {**self.subscribing(str(bot.id)), "since": since})
        assert (told["type"], told["code"]) == ("error", "BAD_CURSOR")

    def test_a_since_in_the_address_that_is_no_cursor(self, bot, tom):
        [told] = answers_to(path_of(tom, since="x"), self.subscribing(str(bot.id)))
        assert told["code"] == "BAD_CURSOR"

    @pytest.mark.parametrize("kind", ["nonsense", "", None, 7, [], "websocket.send"])
    def test_a_type_that_is_unknown(self, kind, tom):
        told, pong = answers_to(path_of(tom), {"type": kind}, PING)
        assert (told["code"], pong) == ("UNKNOWN_TYPE", PONG)

    @pytest.mark.parametrize(
        "text", [" ", "{", "[]", "7", "null", '"x"', "[" * 60_000, '{"type": NaN}', '{"type": "\\u0000"}']
    )
    def test_what_is_no_object_in_json(self, text, tom):
        assert self.after_raw(path_of(tom), text=text) == ("BAD_MESSAGE", PONG)

    def test_a_binary_frame(self, tom):
        assert self.after_raw(path_of(tom), raw=b"\x00\xff") == ("BAD_MESSAGE", PONG)

    def after_raw(self, path, **raw):
        async def work():
            async with Talk(path) as peer:
                await peer.say_raw(**raw)
                told = await peer.hear()
                await peer.say(**PING)
                return told["code"], await peer.hear()

        return talk(work)

    @pytest.mark.parametrize("raw", [{"text": " " * 65_537}, {"text": "é" * 40_000}, {"raw": b" " * 65_537}], ids=len)
    def test_a_frame_that_is_too_large(self, raw, tom):
        async def work():
            async with Talk(path) as peer:
                await peer.say_raw(**raw)
                await peer.hear()
                return peer.code

        path = path_of(tom)
        assert talk(work) == 1009

    def test_more_subscriptions_than_a_socket_may_have(self, bot, bot_of, tom, monkeypatch):
        monkeypatch.setattr(consumers, "MOST_SUBSCRIPTIONS", 1)
        other = bot_of(tom, name="Other", symbol="ETHUSDT")
        asked = [self.subscribing(str(each.id)) for each in (bot, other, bot)]
        assert [told.get("code") for told in answers_to(path_of(tom), *asked)] == [None, "TOO_MANY_SUBSCRIPTIONS", None]

    def test_unsubscribing_from_what_is_not_followed(self, bot, tom):
        assert answers_to(path_of(tom), {"type": "unsubscribe", "bot_id": str(bot.id)})[0]["code"] == "NOT_FOUND"

    def test_a_database_that_is_away_closes_to_come_again(self, bot, tom, monkeypatch):
        async def away(*_):
            raise people.DatabaseError

        monkeypatch.setattr(consumers, "_readable_bot", away)
        assert closed_with(path_of(tom), self.subscribing(str(bot.id))) == 1013


def test_a_token_that_ran_out_is_no_proof(tom):
    old = timezone.now() - timedelta(hours=2)
    token = open_session(tom, device=Device(), now=old).access
    assert closed_with(path_of(tom, token=token)) == 4401
