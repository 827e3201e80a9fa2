"""What phones send that is wrong, each with its stated policy: counted, kept apart, and nothing
lost that was good. The rest of the list: queues of 5,000 and floods in test_http.py, damaged and
mixed sentences in tests/protocols/nmea."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from gateway.desk import Desk
from gateway.mqtt import MqttDoor, routed
from gateway.mqtt_client import Received
from protocols.handset import HANDSET, Fix, encode_fixes
from protocols.owntracks.protocol import OWNTRACKS
from storage.database import Database
from tests.gateway.rig import Rig, running_rig, until
from tests.gateway.test_http import street

DAY_S = 86_400


class Broker:
    """What the doors say to the broker."""

    def __init__(self) -> None:
        self.acknowledged: list[Received] = []
        self.published: list[tuple[str, bytes]] = []

    def acknowledge(self, message: Received) -> None:
        self.acknowledged.append(message)

    def publish(self, topic: str, payload: bytes, qos: int) -> bool:
        self.published.append((topic, payload))
        return True


def doors(rig: Rig, broker: Any) -> Any:
    """The doors of handsets and OwnTracks behind one broker connection, as the gateway has them."""
    desk = Desk(
        rig.ingest, rig.clock, rig.directory, rig.online, rig.counters, rig.delivery.answered
    )
    both = [MqttDoor(desk, protocol, 65_536) for protocol in (HANDSET, OWNTRACKS)]
    for door in both:
        door.client = broker
    return routed(both, broker)


def message(topic: str, payload: bytes) -> Received:
    return Received(topic, payload, 1, 1, 1)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("2026-09-21T22:13:35", "time_out_of_range"),  # no zone: nobody can tell which
        (-1, "time_out_of_range"),
        ("ahead", "time_out_of_range"),
        ("behind", "time_out_of_range"),
    ],
)
async def test_phones_with_wrong_clocks_and_zones(
    plain_database: Database, told: int | str, reason: str
) -> None:
    """A fix whose time cannot be is quarantined under a name; the one beside it is stored."""
    async with street(plain_database) as town:
        token = await town.enrol("H1", "handset")
        now_s = town.rig.clock.now_us() // 1_000_000
        named = {"ahead": (now_s + 8 * 3_600) * 1_000, "behind": (now_s - 400 * DAY_S) * 1_000}
        time = named.get(str(told), told)
        good, bad = Fix(t=now_s * 1_000, lon=121.4, lat=31.2), Fix(t=time, lon=121.4, lat=31.2)
        answer = await town.handset(encode_fixes(1, [good, bad]), token)
        assert answer.json() == {"seq": 1, "ok": True}
        assert len(await town.rig.positions()) == 1
        refused = await town.rig.refused()
        assert [row[2] for row in refused] == ["H1"]
        assert refused[0][0] == reason


async def test_the_same_moment_in_two_zones_is_one_fix(plain_database: Database) -> None:
    async with street(plain_database) as town:
        token = await town.enrol("H1", "handset")
        now_s = town.rig.clock.now_us() // 1_000_000
        for seq, zone in enumerate((UTC, timezone(timedelta(hours=8))), 1):
            text = datetime.fromtimestamp(now_s, zone).isoformat()
            fix = Fix(t=text, lon=121.4, lat=31.2)
            assert (await town.handset(encode_fixes(seq, [fix]), token)).json()["ok"]
        assert len(await town.rig.positions()) == 1


async def test_a_mocked_place_is_stored_and_flagged(plain_database: Database) -> None:
    async with street(plain_database) as town:
        token = await town.enrol("H1", "handset")
        now_ms = town.rig.clock.now_us() // 1_000
        fixes = [
            Fix(t=now_ms - 1_000 * n, lon=121.4, lat=31.2, mock=mock)
            for n, mock in enumerate((True, False, None))
        ]
        assert (await town.handset(encode_fixes(1, fixes), token)).json()["ok"]
        rows = await town.rig.rows("SELECT (signals >> 24) & 3 FROM positions ORDER BY time DESC")
        assert [row[0] for row in rows] == [2, 1, 0]


async def test_foreign_owntracks_topics_hold_nobody_up(plain_database: Database) -> None:
    """Cards, commands and dumps of other apps are passed over, strangers listed, what is no JSON
    quarantined; each is acknowledged to the broker, and a known phone's place is stored."""
    place = {"_type": "location", "tst": 0, "lat": 31.2, "lon": 121.4, "acc": 8}
    async with running_rig(plain_database) as rig:
        await rig.register("zhang/phone", "owntracks")
        broker = Broker()
        received = doors(rig, broker)
        place["tst"] = rig.clock.now_us() // 1_000_000
        foreign = [
            ("owntracks/zhang/phone/dump", b'{"_type":"dump"}'),
            ("owntracks/zhang/phone/cmd", b'{"_type":"cmd","action":"dump"}'),
            ("owntracks/zhang/phone/info", b'{"_type":"card","name":"Z"}'),
            ("owntracks/li/phone", json.dumps(place).encode()),
            ("owntracks/zhang/phone", b"not json"),
            ("homeassistant/status", b"online"),
            ("owntracks/zhang/phone", json.dumps(place).encode()),
        ]
        for topic, payload in foreign:
            received(message(topic, payload))
        await until(lambda: len(broker.acknowledged) == len(foreign))
        assert len(await rig.positions()) == 1
        assert [row[0] for row in await rig.refused()] == ["invalid_json"]
        assert broker.published == []
