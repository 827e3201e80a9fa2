"""Bytes on the air a fix, of every protocol that handsets speak: a walk, a fix every 10 s.

Counted are payload, the transport's own headers (MQTT, or HTTP's request and answer with the
headers that a small client sends), acknowledgements, and 40 bytes of TCP and IP (28 of UDP) a
packet, every exchange on a connection that stays open; TLS is left out.
"""

from __future__ import annotations

from typing import Any

from model.tokens import new_token
from protocols.handset import Ack, Fix, encode, encode_fixes, encode_track
from protocols.nmea import encode_fix
from protocols.owntracks import seal

NOW_MS = 1_790_000_000_000
TCP_BYTES, UDP_BYTES = 40, 28
PUBACK_BYTES = 4
MANY = 60


def run(quick: bool) -> list[dict[str, Any]]:  # noqa: ARG001 nothing to shorten
    """A figure a protocol."""
    walk = [
        Fix(t=NOW_MS + 10_000 * n, lon=round(121.43253 + 7.1e-5 * n, 6), lat=31.234925, acc=8,
            spd=4.3, crs=90, sat=14)
        for n in range(MANY)
    ]  # fmt: skip
    one, place = walk[:1], _owntracks()
    ack = len(encode(Ack(seq=100, ok=True)))
    sentences = len(encode_fix(NOW_MS * 1_000, 121.43253, 31.234925, speed_kmh=4.3, course_deg=90))
    query = b"timestamp=1790000000&lat=31.234925&lon=121.43253&speed=2.32&bearing=90&altitude=9"
    many = len(encode_track(100, walk))
    figures = {
        "handset_mqtt": _mqtt(len(encode_fixes(100, one)), "xunji/handset/1001/up", ack),
        "handset_mqtt_compact": _mqtt(len(encode_track(100, one)), "xunji/handset/1001/up", ack),
        "handset_mqtt_compact_60": _mqtt(many, "xunji/handset/1001/up", ack) / MANY,
        "handset_http_compact_60": _http("/handset/1001", many, ack) / MANY,
        "owntracks_mqtt": _mqtt(len(place), "owntracks/zhang/phone", None),
        "owntracks_mqtt_sealed": _mqtt(len(seal(place, "key")), "owntracks/zhang/phone", None),
        "owntracks_http": _http("/pub", len(place), 2),
        "osmand_http": _http("/osmand?id=860001&" + query.decode(), 0, 0),
        "nmea_tcp": sentences + 2 * TCP_BYTES,
        "nmea_udp": sentences + UDP_BYTES,
    }
    return [
        {"name": f"bytes_{name}", "value": value, "unit": "bytes a fix", "target": "",
         "baseline": "a fix every 10 s, connection open, no TLS"}
        for name, value in figures.items()
    ]  # fmt: skip


def _owntracks() -> bytes:
    return (
        b'{"_type":"location","tst":1790000000,"lat":31.234925,"lon":121.43253,"acc":8,"alt":9,'
        b'"vac":3,"vel":4,"cog":90,"batt":83,"bs":1,"conn":"m","t":"t","tid":"ZS"}'
    )


def _publish(payload: int, topic: str, qos: int = 1) -> int:
    """PUBLISH: fixed header, topic with its length, packet id (of QoS 1), payload."""
    rest = 2 + len(topic) + 2 * qos + payload
    return 1 + (1 if rest < 128 else 2 if rest < 16_384 else 3) + rest


def _mqtt(payload: int, topic: str, ack: int | None) -> float:
    """There and back: PUBLISH, PUBACK, and our acknowledgement of QoS 0."""
    there = _publish(payload, topic) + PUBACK_BYTES + 2 * TCP_BYTES
    if ack is None:
        return there
    return there + _publish(ack, topic.replace("/up", "/ack"), qos=0) + TCP_BYTES


def _http(target: str, body: int, answer: int) -> float:
    head = (
        f"POST {target} HTTP/1.1",
        "Host: gps.example.org",
        f"Authorization: Bearer {new_token()}",
        "User-Agent: handset/1.0",
        "Content-Type: application/json",
        f"Content-Length: {body}",
        "",
        "",
    )
    request = "\r\n".join(head)
    reply = f"HTTP/1.1 200 \r\ncontent-type: application/json\r\ncontent-length: {answer}\r\n\r\n"
    return len(request) + body + len(reply) + answer + 3 * TCP_BYTES
