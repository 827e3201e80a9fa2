"""Robots, brokers and mail servers hear of violations: against real servers on this machine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import paho.mqtt.client as paho
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from paho.mqtt.enums import CallbackAPIVersion

from alerts.mail import send_mail
from alerts.mqtt import publish
from alerts.outbox import AlertOptions, Outbox, retry_after_s
from alerts.receivers import RECEIVER_KINDS
from alerts.robots import ROBOT_PER_MINUTE, dingtalk_query
from alerts.webhook import make_client
from alerts.words import lines
from api.driver_texts import driver_text
from api.violation_view import violation_json
from storage.webhooks import create_webhook
from tests.alerts.robots import SECRET, robots
from tests.api.browser import Browser, browser_of
from tests.api.town import Town, raise_violation
from tests.api.traffic import SECOND_US
from tests.brokers import Mosquitto, free_port

PASSWORD = "a mail password"


async def subscribe(town: Town, kind: str, url: str, secret: str = "") -> None:
    async with town.database.pool.connection() as conn:
        await create_webhook(conn, town.organisations["a"], url, secret, kind)


async def rounds(town: Town) -> None:
    options = AlertOptions(allow_private=True)
    outbox = Outbox(
        town.database, town.clock, options, describe=violation_json, warning_text=driver_text
    )
    async with make_client() as client:
        while await outbox.deliver_due(client):
            pass


async def last_error(town: Town) -> str | None:
    async with town.database.pool.connection() as conn:
        cursor = await conn.execute("SELECT last_error FROM webhook_deliveries ORDER BY outbox_id")
        rows = await cursor.fetchall()
    return None if not rows else rows[-1][0]


@pytest.mark.parametrize("kind", ["dingtalk", "wecom"])
async def test_a_robot_tells_its_group(town: Town, kind: str) -> None:
    async with robots() as found:
        url = found.dingtalk_url if kind == "dingtalk" else found.wecom_url
        await subscribe(town, kind, url, SECRET if kind == "dingtalk" else "")
        await rounds(town)
        (told,) = found.told
    text = told["text"] if kind == "dingtalk" else told["content"]
    for part in ("新违规", "苏A00000", "篷", "serious", "118.831800,32.050000"):
        assert part in text


@pytest.mark.parametrize(
    ("kind", "part", "words"),
    [("dingtalk", "abc", "token is not exist"), ("wecom", "key=", "invalid webhook url")],
)
async def test_a_robot_that_refuses_is_asked_again(
    town: Town, kind: str, part: str, words: str
) -> None:
    async with robots() as found:
        url = found.dingtalk_url if kind == "dingtalk" else found.wecom_url
        await subscribe(town, kind, url.replace(part, f"{part}0"), SECRET)
        await rounds(town)
        assert found.told == []
        error = await last_error(town)
        assert error is not None
        assert words in error


async def test_a_robot_that_is_told_too_fast_hears_later(town: Town) -> None:
    async with robots() as found:
        found.codes = [130101]
        await subscribe(town, "dingtalk", found.dingtalk_url, SECRET)
        await rounds(town)
        assert found.told == []
        town.clock.advance_to(town.clock.now_us() + int(retry_after_s(1) * SECOND_US))
        await rounds(town)
        assert len(found.told) == 1


async def test_a_robot_gets_no_more_than_it_takes(town: Town) -> None:
    async with robots() as found:
        await subscribe(town, "wecom", found.wecom_url)
        for _ in range(30):
            await raise_violation(town, "truck_a")
        await rounds(town)
    assert len(found.told) <= ROBOT_PER_MINUTE
    assert "违规汇总 Digest" in found.told[-1]["content"]


def test_the_signature_is_what_dingtalk_documents() -> None:
    """HMAC-SHA256 over "TIMESTAMP\\nSECRET", as openssl computes it."""
    query = dingtalk_query("this is secret", 1_577_262_236_757)
    assert query["timestamp"] == "1577262236757"
    assert query["sign"] == "hmPWwU+7lVdm3ZZz0r9tSfx0L4Q26jWOZr9+Gs6EZQM="
    assert dingtalk_query("", 1) == {}


async def test_mqtt_publishes_the_event_and_waits_for_the_broker(
    town: Town, mosquitto: Mosquitto
) -> None:
    heard: list[Any] = []
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="a listener")
    client.on_message = lambda *given: heard.append(json.loads(given[2].payload))
    client.connect("127.0.0.1", mosquitto.port)
    client.subscribe("city/alerts", qos=1)
    client.loop_start()
    try:
        await subscribe(town, "mqtt", f"{mosquitto.url}/city/alerts")
        await rounds(town)
        async with asyncio.timeout(10):
            while not heard:
                await asyncio.sleep(0.02)
    finally:
        client.disconnect()
        client.loop_stop()
    assert heard[0]["event"] == "raised"
    assert heard[0]["violation"]["id"] == town.violations["a"]
    assert await last_error(town) is None


async def test_a_broker_that_is_away_is_an_error() -> None:
    outcome = await publish(f"mqtt://127.0.0.1:{free_port()}/x", "", b"{}", allow_private=True)
    assert outcome.error is not None
    assert outcome.again


class MailBox:
    """Keeps what arrives; refuses one address."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_RCPT(
        self, _server: SMTP, _session: object, envelope: Envelope, address: str, _options: object
    ) -> str:
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: object, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"


def _authenticate(
    _server: object, _session: object, _envelope: object, _mechanism: str, data: LoginPassword
) -> AuthResult:
    right = (data.login, data.password) == (b"xunji", PASSWORD.encode())
    return AuthResult(success=right, handled=False)  # or nothing is answered to a wrong one


@pytest.fixture
def mail_server() -> Iterator[tuple[MailBox, int]]:
    """A real SMTP server that wants a password."""
    box, port = MailBox(), free_port()
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=port,
        authenticator=_authenticate,
        auth_require_tls=False,
    )
    controller.start()
    yield box, port
    controller.stop()


def mail_url(port: int, to: str = "a@city.test,b@city.test") -> str:
    return f"smtp://xunji@127.0.0.1:{port}/?from=xunji@city.test&to={to}"


async def test_a_mail_goes_to_everybody_on_the_list(
    town: Town, mail_server: tuple[MailBox, int]
) -> None:
    box, port = mail_server
    await subscribe(town, "mail", mail_url(port), PASSWORD)
    await rounds(town)
    (mail,) = box.mails
    assert mail["To"] == "a@city.test, b@city.test"
    assert "[巡迹] 新违规" in str(mail["Subject"])
    assert "篷" in mail.get_content()
    assert await last_error(town) is None


@pytest.mark.parametrize(
    ("secret", "to", "again", "words"),
    [
        ("wrong", "a@city.test", True, "SMTPAuthenticationError"),
        (PASSWORD, "nobody@x.test", False, "nobody@x.test"),
    ],
)
async def test_a_mail_server_that_refuses(
    mail_server: tuple[MailBox, int], secret: str, to: str, again: bool, words: str
) -> None:
    content = {"event": "digest", "count": 0, "events": []}
    outcome = await send_mail(
        mail_url(mail_server[1], to), secret, content, "1-1", allow_private=True
    )
    assert outcome.error is not None
    assert words in outcome.error
    assert outcome.again == again


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("dingtalk", "ftp://oapi.dingtalk.com/"),
        ("wecom", "https://u:p@qyapi.weixin.qq.com/"),
        ("mqtt", "mqtt://127.0.0.1:1883"),
        ("mqtt", "mqtt://127.0.0.1/a/+/b"),
        ("mqtt", "mqtt://u:secret@127.0.0.1/a"),
        ("mqtt", "http://127.0.0.1/a"),
        ("mail", "smtp://127.0.0.1/?from=a@b.test"),
        ("mail", "smtp://127.0.0.1/?from=a@b.test&to=c"),
        ("mail", "smtp://u:p@127.0.0.1/?from=a@b.test&to=c@d.test"),
        ("mail", "smtp://127.0.0.1/?from=a@b.test&to=" + ",".join(["c@d.test"] * 51)),
        ("mail", "smtp://127.0.0.1/?from=a@b.test&to=c@d.test%0d%0aBcc:x@y.test"),
    ],
)
async def test_addresses_that_are_refused(town: Town, kind: str, url: str) -> None:
    town.services.settings.http.webhook_allow_private = True
    browser: Browser = browser_of(town)
    async with browser.client:
        body = {"kind": kind, "url": url}
        answer = await browser.send("chief", "POST", "/webhooks", json=body)
    assert answer.json()["error"]["code"] == "webhook_address_refused"


async def test_private_servers_need_the_setting(town: Town) -> None:
    browser = browser_of(town)
    urls = {
        "mqtt": "mqtt://127.0.0.1/a",
        "mail": "smtp://127.0.0.1/?from=a@b.test&to=c@d.test",
        "wecom": "http://127.0.0.1/",
    }
    async with browser.client:
        for kind, url in urls.items():
            body = {"kind": kind, "url": url}
            answer = await browser.send("chief", "POST", "/webhooks", json=body)
            assert "private network" in answer.json()["error"]["message_en"]
        town.services.settings.http.webhook_allow_private = True
        made = await browser.post("chief", "/webhooks", {"kind": "mqtt", "url": urls["mqtt"]})
        assert (made["kind"], made["secret"]) == ("mqtt", "")
        listed = await browser.get("chief", "/webhooks")
        assert [(one["kind"], one["secret"]) for one in listed] == [("mqtt", None)]
    assert set(RECEIVER_KINDS) >= set(urls)


def test_every_event_has_words() -> None:
    events = [{"event": "storm", "storm": {"sentence_zh": "多", "sentence_en": "many"}}]
    digest = {"event": "digest", "count": 1, "events": events}
    assert lines(digest) == ["- 多台终端异常 Storm：多"]
    assert lines(events[0]) == ["多", "many"]
    assert lines({**digest, "events": events * 25})[-1] == "… +5"
