"""The admin page of deliveries: what came is read as text, never run, and leads to its signal."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from bots.models import Bot
from bots.services.bots import create_bot
from market.models import Instrument
from webhooks.models import Delivery, Proof
from webhooks.senders import Sender
from webhooks.services.handling import work_inbox
from webhooks.services.inbox import Origin, take

Receive = Callable[[bytes], Delivery]


@pytest.fixture
def bot(tom: User, btcusdt: Instrument) -> Bot:
    return create_bot(owner=tom, name="Badger", symbol="BTCUSDT")


@pytest.fixture
def receive(bot: Bot) -> Receive:
    """Take an alert of the bot, whose secret is "hush"."""

    def receive(raw: bytes) -> Delivery:
        sender = Sender(bot, Proof.BODY_SECRET, ("hush",))
        return take(raw, sender=sender, origin=Origin("192.0.2.7", "text/plain"), now=timezone.now())

    return receive


def _page_of(operator: Client, delivery: Delivery) -> str:
    return operator.get(reverse("admin:webhooks_delivery_change", args=[delivery.pk])).content.decode()


def test_a_body_is_shown_as_text_and_never_run(operator: Client, receive: Receive) -> None:
    page = _page_of(operator, receive(b"<script>alert(1)</script> \xff\x00 \xe2\x82\xac"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt; \\xff" in page
    assert "€" in page
    assert "<script>alert(1)" not in page


def test_a_secret_is_not_shown(operator: Client, receive: Receive) -> None:
    page = _page_of(operator, receive(b'{"secret": "hush", "side": "buy"}'))
    assert "hush" not in page
    assert "&quot;secret&quot;: &quot;***&quot;" in page


def test_a_delivery_leads_to_its_signal(operator: Client, receive: Receive, bot: Bot) -> None:
    delivery = receive(b'{"side": "buy", "symbol": "BTCUSDT"}')
    address = reverse("flight-recorder", args=[delivery.correlation_id])
    assert address not in _page_of(operator, delivery)
    work_inbox(bot.pk, clock=timezone.now)
    assert address in _page_of(operator, delivery)
    assert address in operator.get(reverse("admin:webhooks_delivery_changelist")).content.decode()
    assert "Badger" in operator.get(address).content.decode()


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"status__exact": "rejected"}, 1),
        ({"status__exact": "processed"}, 0),
        ({"proof__exact": "body_secret"}, 1),
        ({"code__icontains": "json"}, 1),
        ({"q": "Badger"}, 1),
        ({"q": "Otter"}, 0),
    ],
)
def test_deliveries_are_found(operator: Client, receive: Receive, params: dict[str, str], found: int) -> None:
    receive(b"{")
    answer = operator.get(reverse("admin:webhooks_delivery_changelist"), params)
    assert answer.context["cl"].result_count == found


def test_a_list_of_deliveries_does_not_load_bodies(
    operator: Client, receive: Receive, django_assert_max_num_queries: Callable[..., object]
) -> None:
    receive(b'{"side": "buy"}')
    with django_assert_max_num_queries(20) as queries:
        operator.get(reverse("admin:webhooks_delivery_changelist"))
    assert not any('"webhooks_delivery"."body",' in query["sql"] for query in queries.captured_queries)
