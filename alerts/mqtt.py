"""Publishing to an MQTT broker: the event as JSON, QoS 1, told when the broker has confirmed it.

mqtt://USER@HOST:1883/TOPIC or mqtts://...; the password is the receiver's secret.
"""

from __future__ import annotations

import asyncio
import secrets

import httpx
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from alerts.addresses import RefusedAddress, check_host
from alerts.outcome import Outcome

ANSWER_LIMIT_S = 10.0
PORTS = {"mqtt": 1883, "mqtts": 8883}


def check_mqtt(text: str) -> httpx.URL:
    """The URL in its parts. Raises RefusedAddress."""
    url = httpx.URL(text)
    topic = url.path.strip("/")
    if url.scheme not in PORTS or not url.host or not topic:
        raise RefusedAddress("use mqtt://USER@HOST:1883/TOPIC, or mqtts://")
    if set(topic) & set("+#"):
        raise RefusedAddress("a topic to publish to has no + or #")
    if url.password:
        raise RefusedAddress("give the password as `secret`, not in the URL")
    return url


async def publish(text: str, secret: str, body: bytes, *, allow_private: bool) -> Outcome:
    """Publish one event and wait for the broker's PUBACK."""
    try:
        url = check_mqtt(text)
        await check_host(url.host, url.port or PORTS[url.scheme], allow_private)
    except (RefusedAddress, httpx.InvalidURL) as error:
        return Outcome(f"refused: {error}")
    return await asyncio.to_thread(_publish, url, secret, body)


def _publish(url: httpx.URL, secret: str, body: bytes) -> Outcome:
    client = paho.Client(
        CallbackAPIVersion.VERSION2, client_id=f"xunji-alerts-{secrets.token_hex(4)}"
    )
    if url.username:
        client.username_pw_set(url.username, secret or None)
    if url.scheme == "mqtts":
        client.tls_set()
    client.connect_timeout = ANSWER_LIMIT_S
    try:
        client.connect(url.host, url.port or PORTS[url.scheme], 30)
        client.loop_start()
        sent = client.publish(url.path.strip("/"), body, qos=1)
        sent.wait_for_publish(ANSWER_LIMIT_S)
        confirmed = sent.is_published()
    except (OSError, ValueError, RuntimeError) as error:
        return Outcome(f"{type(error).__name__}: {error}")
    finally:
        client.disconnect()
        client.loop_stop()
    return Outcome() if confirmed else Outcome("the broker has not confirmed it in time")
