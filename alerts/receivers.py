"""The kinds of receiver: how each is told, and what its address must look like."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from alerts.addresses import check_host, check_url
from alerts.mail import PORTS as MAIL_PORTS
from alerts.mail import check_mail, send_mail
from alerts.mqtt import PORTS as MQTT_PORTS
from alerts.mqtt import check_mqtt, publish
from alerts.outcome import Outcome
from alerts.robots import (
    ROBOT_PER_MINUTE,
    dingtalk_body,
    dingtalk_query,
    tell_robot,
    wecom_body,
)
from alerts.webhook import post


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message for one receiver; `id` is the same in every attempt."""

    id: str
    url: str
    secret: str
    content: dict[str, Any]
    timestamp_ms: int
    allow_private: bool


Send = Callable[[httpx.AsyncClient, Parcel], Awaitable[Outcome]]
Check = Callable[[str, bool], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class ReceiverKind:
    """`check(url, allow_private)` raises RefusedAddress. `per_minute`: what it takes at most."""

    send: Send
    check: Check
    per_minute: int | None = None


async def _webhook(client: httpx.AsyncClient, parcel: Parcel) -> Outcome:
    return await post(
        client,
        url=parcel.url,
        secret=parcel.secret,
        delivery_id=parcel.id,
        body=msgspec.json.encode(parcel.content),
        timestamp_s=parcel.timestamp_ms // 1000,
        allow_private=parcel.allow_private,
    )


async def _dingtalk(client: httpx.AsyncClient, parcel: Parcel) -> Outcome:
    return await tell_robot(
        client,
        url=parcel.url,
        query=dingtalk_query(parcel.secret, parcel.timestamp_ms),
        body=dingtalk_body(parcel.content),
        allow_private=parcel.allow_private,
    )


async def _wecom(client: httpx.AsyncClient, parcel: Parcel) -> Outcome:
    return await tell_robot(
        client,
        url=parcel.url,
        query={},
        body=wecom_body(parcel.content),
        allow_private=parcel.allow_private,
    )


async def _mqtt(_: httpx.AsyncClient, parcel: Parcel) -> Outcome:
    body = msgspec.json.encode(parcel.content)
    return await publish(parcel.url, parcel.secret, body, allow_private=parcel.allow_private)


async def _mail(_: httpx.AsyncClient, parcel: Parcel) -> Outcome:
    return await send_mail(
        parcel.url,
        parcel.secret,
        parcel.content,
        parcel.id,
        allow_private=parcel.allow_private,
    )


async def _check_mqtt(text: str, allow_private: bool) -> None:
    url = check_mqtt(text)
    await check_host(url.host, url.port or MQTT_PORTS[url.scheme], allow_private)


async def _check_mail(text: str, allow_private: bool) -> None:
    url = check_mail(text)
    await check_host(url.host, url.port or MAIL_PORTS[url.scheme], allow_private)


RECEIVER_KINDS: dict[str, ReceiverKind] = {
    "webhook": ReceiverKind(_webhook, check_url),
    "dingtalk": ReceiverKind(_dingtalk, check_url, ROBOT_PER_MINUTE),
    "wecom": ReceiverKind(_wecom, check_url, ROBOT_PER_MINUTE),
    "mqtt": ReceiverKind(_mqtt, _check_mqtt),
    "mail": ReceiverKind(_mail, _check_mail),
}
