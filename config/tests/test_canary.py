"""Secrets are put everywhere a secret can be, and looked for everywhere a desk keeps or shows something: nowhere."""

import asyncio
import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib import admin
from django.core import mail
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import tasks as account_tasks
from accounts.api import accounts as accounts_api
from accounts.api import auth
from accounts.models import Credential, PasswordResetRequest, User
from bots.models import BotStatus
from bots.services.bots import change_status, create_bot, webhook_key
from bots.services.connections import connect_account
from config.sockets import sockets
from config.tests.canary import Canaries
from config.tests.log_lines import LogLines, caught
from conftest import PASSWORD
from webhooks.api import views as webhook_views
from webhooks.services.handling import work_inbox

API = "/api/v1"
HOOK = f"{API}/webhook/tradingview"
ALERT = {"side": "buy", "symbol": "BTCUSDT"}


def secret_word(what: str) -> str:
    """Return a password that the desk's rules allow, with the signs that encodings change."""
    return f'Canary7 {what} ä/"\\+&='


class Walk:
    """Goes to every door with secrets in hand."""

    def __init__(self, canaries: Canaries, owner: User, account: Any) -> None:
        self.canaries, self.owner, self.account = canaries, owner, account
        self.nobody = APIClient(raise_request_exception=False)
        self.owners = self.client_of(owner)

    def word(self, what: str) -> str:
        return self.canaries.add(what, secret_word(what))

    def weak(self, what: str) -> str:
        return self.canaries.add(what, secret_word(what).lower())

    def bare(self, what: str) -> str:
        """Return a secret that a header or an address takes as it is."""
        return self.canaries.add(what, f"Canary7-{what.replace(' ', '-')}_0123")

    def post(self, what: str, path: str, body: Any = None, *, may_show: tuple[str, ...] = (), **kwargs: Any) -> Any:
        answer = self.nobody.post(path, body, **kwargs)
        return self.canaries.heard(what, answer, may_show=may_show)

    def tokens(self, what: str, answer: Any) -> dict[str, str]:
        """Take the tokens of an answer, which are shown in it and never again."""
        body = answer.json()
        names = (f"access of {what}", f"refresh of {what}")
        self.canaries.add(names[0], body["access_token"])
        self.canaries.add(names[1], body["refresh_token"])
        shown, text, _ = self.canaries.answers.pop()
        self.canaries.answers.append((shown, text, set(names)))
        return {"access": body["access_token"], "refresh": body["refresh_token"]}

    def through_the_doors(self) -> str:
        """Register, log in, refresh; return an access token that stands."""
        first, wrong = self.word("password"), self.word("wrong password")
        person = {"username": "canary", "email": "canary@example.com", "full_name": "C"}
        answer = self.post("register", f"{API}/auth/register", {**person, "password": first})
        self.tokens("register", answer)
        self.post("register again", f"{API}/auth/register", {**person, "password": wrong})
        self.post("weak register", f"{API}/auth/register", {**person, "password": self.weak("weak")})
        self.post("wrong login", f"{API}/auth/login", {"username": "canary", "password": wrong})
        self.post("odd login", f"{API}/auth/login", {"username": "canary", "password": [wrong], "token": wrong})
        answer = self.post("login", f"{API}/auth/login", {"username": "canary", "password": first})
        old = self.tokens("login", answer)
        answer = self.post("refresh", f"{API}/auth/refresh", {"refresh_token": old["refresh"]})
        access = self.tokens("refresh", answer)["access"]
        self.post("bad refresh", f"{API}/auth/refresh", {"refresh_token": self.word("bad refresh token")})
        return access

    def change_password(self, access: str) -> None:
        path, bearer = f"{API}/auth/password/change", {"headers": {"Authorization": f"Bearer {access}"}}
        wrong, second = self.word("wrong current"), self.word("second password")
        current = self.canaries.secrets["password"]
        self.post("wrong change", path, {"current_password": wrong, "new_password": second}, **bearer)
        self.post(
            "weak change", path, {"current_password": current, "new_password": self.weak("weak change")}, **bearer
        )
        self.post("change", path, {"current_password": current, "new_password": second}, **bearer)

    def reset_password(self) -> None:
        path = f"{API}/auth/password/reset"
        self.post("reset", path, {"email": "canary@example.com"})
        account_tasks.mail_reset(str(PasswordResetRequest.objects.latest("asked_at").pk))
        token = self.canaries.add("reset token", re.search(r"good once:\s+(\S+)", mail.outbox[-1].body)[1])
        third = self.word("third password")
        self.post("odd complete", f"{path}/complete", {"token": self.bare("odd token"), "new_password": third})
        self.post("weak complete", f"{path}/complete", {"token": token, "new_password": self.weak("weak reset")})
        self.post("complete", f"{path}/complete", {"token": token, "new_password": third})
        self.post("complete again", f"{path}/complete", {"token": token, "new_password": third})

    def send_alerts(self) -> None:
        """Prove the sender in each way, well and badly, in bodies that can and cannot be read."""
        bot = create_bot(owner=self.owner, name="Bird", symbol="BTCUSDT", config={"position_size": "0.1"})
        connect_account(bot, self.account)
        change_status(bot.id, BotStatus.ACTIVE)
        key = self.canaries.add("key", webhook_key(bot))
        for what, raw in self._bodies(key):
            self.post(f"{what}, by path", f"{HOOK}/{key}", raw, content_type="text/plain")
            self.post(f"{what}, by body", HOOK, raw, content_type="application/json")
            signature = hmac.new(key.encode(), raw, hashlib.sha256).hexdigest()
            self.post(what, HOOK, raw, content_type=f"text/{key}", headers={"X-TradingView-Signature": signature})
        wrong = self.canaries.add("wrong key", "Wrong-canary-key_0123456789")
        self.post("wrong path", f"{HOOK}/{wrong}", ALERT)
        self.post("wrong path with spaces", f"{HOOK}/a%20{wrong}%20{wrong}", ALERT)
        self.post("misspelt path", f"{API}/webhook/{wrong}", ALERT)
        self.post("wrong body", HOOK, {**ALERT, "secret": wrong})
        self.post("wrong header", HOOK, ALERT, headers={"X-TradingView-Signature": wrong})
        self.post("wrong query", f"{HOOK}?secret={wrong}&key={wrong}", ALERT)
        self.post("too large", HOOK, b"x" * 70_000 + wrong.encode(), content_type="text/plain")
        for what, raw in self._bodies(key):
            asked = {"message": raw.decode("utf-8", "ignore"), "bot_id": str(bot.id)}
            self.canaries.heard(f"{what}, linted", self.owners.post(f"{API}/webhook/lint", asked))
        work_inbox(bot.id, clock=timezone.now)
        answer = self.canaries.heard(
            "rotate", self.owners.post(f"{API}/bots/{bot.id}/rotate-key"), may_show=["rotated key"]
        )
        rotated = self.canaries.add("rotated key", answer.json()["webhook_key"])
        template = f"{API}/bots/{bot.id}/alert-template"
        self.canaries.heard("template", self.owners.get(template), may_show=["rotated key"])
        self.post("rotated", f"{HOOK}/{rotated}", {**ALERT, "side": "close"})
        self.post("with the key before", f"{HOOK}/{key}", {**ALERT, "side": "sell"})

    def _bodies(self, key: str) -> Iterator[tuple[str, bytes]]:
        named = {**ALERT, "bot": "Bird"}
        yield "alert", json.dumps({**named, "secret": key}).encode()
        yield "alert that says it twice", json.dumps({**named, "key": key, "comment": f"of {key}"}).encode()
        yield "alert in words", f"buy BTCUSDT 10% passphrase={key} bot=Bird".encode()
        yield "broken alert", json.dumps({**named, "secret": key}).encode()[:-1]
        yield "alert within an alert", json.dumps({**named, "text": json.dumps({"secret": key})}).encode()
        yield "no text", b"\xff\xfe" + key.encode()

    def client_of(self, user: User) -> APIClient:
        """Log in over the API, as the browser of that user."""
        answer = self.post("login", f"{API}/auth/login", {"username": user.username, "password": PASSWORD})
        access = self.tokens(user.username, answer)["access"]
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
        return client

    def hand_over_keys(self) -> None:
        """Open accounts with keys and replace them, well and badly, and read all that tells of the accounts."""
        kinds = ("api_key", "api_secret", "passphrase")
        first, second = ({name: self.word(f"{when} {name}") for name in kinds} for when in ("first", "second"))
        create = f"{API}/accounts/create"
        made = self.canaries.heard("create", self.owners.post(create, {**first, "name": "With keys"}))
        path = f"{API}/accounts/{made.json()['account_id']}"
        for what, body in (
            ("keys of another exchange", {**second, "exchange": second["api_key"]}),
            ("keys too long", {**second, "api_key": second["api_key"] * 100}),
            ("keys of a wrong type", {**second, "api_secret": [second["api_secret"]]}),
            ("a key alone", {"api_key": second["api_key"]}),
            ("keys and more", {**second, "secret_key": second["api_secret"]}),
        ):
            self.canaries.heard(what, self.owners.post(create, body))
            self.canaries.heard(what, self.owners.post(f"{path}/update-credentials", body))
        keyed = {"headers": {"Idempotency-Key": "with-keys"}}
        for body in (first, first, second):
            self.canaries.heard("once", self.owners.post(create, body, **keyed))
        self.canaries.heard("update", self.owners.post(f"{path}/update-credentials", second))
        for below in ("", "/ledger", "/reconcile", "/performance"):
            self.canaries.heard("account", self.owners.get(f"{path}{below}"))
        self.canaries.heard("list", self.owners.get(f"{API}/accounts/list"))
        self.canaries.heard("sync", self.owners.post(f"{path}/sync-balance"))
        kept = Credential.objects.get(pk=made.json()["account_id"])
        assert {name: kept.opened(name) for name in kinds} == second

    def misuse(self) -> None:
        """Put secrets where they do not belong: queries, unknown fields, broken bodies, odd schemes."""
        client, word, bare = self.owners, self.word("misused"), self.bare("scheme")
        named = ("token", "password", "api_key", "api_secret", "access_token", "refresh_token", "passphrase")
        for name in (*named, "botkey", "webhookKey", "authkey", "auth", "pwd"):
            self.canaries.heard(name, client.get(f"{API}/accounts", {name: word}))
            self.canaries.heard(name, client.get("/nowhere", {name: word}))
            self.canaries.heard(name, client.post(f"{API}/accounts", {"name": "A", name: word}))
        self.post(
            "broken JSON", f"{API}/auth/login", f'{{"password": {json.dumps(word)}', content_type="application/json"
        )
        self.post("bare JSON", f"{API}/auth/login", json.dumps(word), content_type="application/json")
        self.post("form", f"{API}/auth/login", f"password={word}", content_type="application/x-www-form-urlencoded")
        self.post("odd type", f"{API}/auth/login", {"username": ["x"], "password": {"it": word}})
        basic = base64.b64encode(f"tom:{word}".encode()).decode()
        for scheme in (f"Basic {basic}", f"Odd {bare}", f"Bearer {bare}", f"Bearer {bare} {bare}", bare):
            answer = self.nobody.get(
                f"{API}/accounts", headers={"Authorization": scheme, "Cookie": f"sessionid={basic}"}
            )
            self.canaries.heard(scheme[:6], answer)

    def make_faults(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have the code fail with secrets in hand."""

        def fail(*args: Any, **kwargs: Any) -> None:
            raise ZeroDivisionError(f"called with {args} {kwargs}")

        word, query = self.word("in a fault"), self.bare("query")
        with monkeypatch.context() as broken:
            broken.setattr(auth.sessions, "log_in", fail)
            broken.setattr(webhook_views, "take", fail)
            broken.setattr(webhook_views, "prove_sender", fail)
            broken.setattr(Credential, "put", fail)
            broken.setattr(accounts_api, "open_account", fail)
            keys = {"api_key": word, "api_secret": self.word("secret in a fault")}
            self.canaries.heard("fault of an account", self.owners.post(f"{API}/accounts/create", keys))
            path = f"{API}/accounts/{self.account.pk}/update-credentials"
            self.canaries.heard("fault of a credential", self.owners.post(path, keys))
            self.post(
                "fault of a login",
                f"{API}/auth/login?password={query}",
                {"username": "a", "password": word},
            )
            self.post("fault of an alert", f"{HOOK}/{self.canaries.secrets['wrong key']}", {**ALERT, "secret": word})

    def over_sockets(self) -> None:
        token, wrong, path = self.canaries.secrets["access of tom"], self.bare("socket"), f"/ws/{self.owner.pk}"
        odd = {"type": "subscribe", "bot_id": wrong, "token": token, "since": wrong}
        self.canaries.messages += [
            talk(f"{path}?token={token}&since=1", odd),
            talk(f"{path}?token={wrong}", odd),
            talk(path, {"token": token}, odd),
            talk(path, {"token": wrong}, odd),
        ]
        self.canaries.heard("no socket", self.nobody.get(path, {"token": token}))

    def through_the_console(self, ada: User) -> Client:
        """Log in badly and well, add a user and set a password; return the browser that is in."""
        page = reverse("login")
        for password in (self.word("wrong at the page"), PASSWORD):
            self.canaries.heard("page", Client().post(page, {"username": "tom", "password": password}))
        browser, wrong, added = Client(), self.word("wrong at the console"), self.word("added at the console")
        login, people = reverse("admin:login"), reverse("admin:accounts_user_add")
        self.canaries.heard("console", browser.post(login, {"username": "ada", "password": wrong}))
        self.canaries.heard("console", browser.post(login, {"username": "ada", "password": PASSWORD}))
        fields = {"username": "new", "email": "new@example.com", "role": "viewer", "usable_password": "true"}
        self.canaries.heard("add", browser.post(people, {**fields, "password1": added, "password2": wrong}))
        self.canaries.heard("add", browser.post(people, {**fields, "password1": added, "password2": added}))
        path = reverse("admin:auth_user_password_change", args=[self.owner.pk])
        self.canaries.heard("set", browser.post(path, {"password1": added, "password2": wrong}))
        self.canaries.heard("set", browser.post(path, {"password1": added, "password2": added}))
        return browser

    def read_over_the_api(self) -> None:
        for path in ("accounts", "bots", "signals", "webhook/deliveries", "auth/sessions", "auth/me", "users/me"):
            self.canaries.heard(path, self.owners.get(f"{API}/{path}"))
        for delivery in self.owners.get(f"{API}/webhook/deliveries").json()["items"]:
            path = f"{API}/webhook/deliveries/{delivery['correlation_id']}"
            self.canaries.heard("delivery", self.owners.get(path))

    def read_the_console(self, browser: Client) -> None:
        for model in admin.site._registry:
            page = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            self.canaries.heard(page, browser.get(reverse(f"{page}_changelist")))
            for row in model._default_manager.all()[:20]:
                self.canaries.heard(page, browser.get(reverse(f"{page}_change", args=[row.pk])))


def talk(path: str, *messages: dict[str, Any]) -> str:
    """Return what a socket says to all of it, or that it is closed."""

    async def whole() -> str:
        peer = WebsocketCommunicator(sockets, path)
        await peer.connect(timeout=30)
        for message in messages:
            await peer.send_json_to(message)
        told = await peer.receive_output(timeout=30)
        await peer.disconnect(timeout=30)
        await database_sync_to_async(connections.close_all)()
        return str(told)

    return asyncio.run(asyncio.wait_for(whole(), 90))


@pytest.fixture
def walked(
    ada: User, tom: User, account_of: Any, still_market: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> tuple[Canaries, LogLines]:
    """Every door was tried, every page read; what was said and logged."""
    settings.WEBHOOK_WAIT_SECONDS = 0.01
    canaries = Canaries()
    publish = "kombu.messaging.Producer.publish"
    monkeypatch.setattr(publish, lambda self, body, **message: canaries.messages.append(f"{body} {message}"))
    with caught(everything=True) as lines:
        walk = Walk(canaries, tom, account_of(tom))
        access = walk.through_the_doors()
        walk.change_password(access)
        walk.reset_password()
        walk.send_alerts()
        walk.hand_over_keys()
        walk.misuse()
        walk.over_sockets()
        walk.make_faults(monkeypatch)
        walk.read_over_the_api()
        walk.read_the_console(walk.through_the_console(ada))
    return canaries, lines


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_secret_is_shown_once_and_found_nowhere_afterwards(walked: tuple[Canaries, LogLines]) -> None:
    canaries, lines = walked
    assert canaries.in_answers() == []
    assert canaries.in_text(lines.text("console")) == []
    assert canaries.in_text(lines.text("json")) == []
    assert canaries.in_tables() == []
    assert canaries.in_text("\n".join(canaries.messages)) == []
    assert len(canaries.secrets) >= 20
    assert len(canaries.answers) >= 100
    assert len(canaries.messages) >= 3


X = secret_word("x")
SPELT = [
    *(X, X.encode().hex(), quote(X), json.dumps(X), repr(X.encode())),
    *(json.dumps(repr({"a": X})), json.dumps(json.dumps({"a": X}))),
    *(base64.b64encode(f"{before}:{X}:end".encode()).decode() for before in ("", "a", "ab", "abc")),
]


@pytest.mark.parametrize("said", SPELT)
def test_a_secret_would_be_found_in_any_spelling(said: str) -> None:
    canaries = Canaries()
    canaries.add("x", X)
    assert canaries.in_text(f"before {said} after") == ["x"]
