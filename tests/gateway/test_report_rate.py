"""A device that floods: slowed down by every door, nothing good is lost, nobody else waits."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.report_rate import NoRate, ReportRate
from storage.database import Database
from tests.brokers import Mosquitto
from tests.gateway import test_http, test_mqtt, test_udp
from tests.gateway.rig import Client, position, running_rig, until

gaps_s = st.lists(st.floats(0, 3), min_size=1, max_size=200)


@given(gaps_s, st.integers(1, 50), st.integers(1, 20))
def test_in_no_period_come_more_than_burst_and_rate_allow(
    gaps: list[float], per_s: int, burst: int
) -> None:
    rate = ReportRate(per_s, burst)
    now_s, taken = 0.0, []
    for gap_s in gaps:
        now_s += gap_s
        if not rate.refuse(1, now_s):
            taken.append(now_s)
    for first, begin_s in enumerate(taken):
        for last, end_s in enumerate(taken[first:], start=1):
            assert last <= burst + (end_s - begin_s) * per_s + 1e-6
    assert rate.early[1] == len(gaps) - len(taken)


@given(gaps_s, st.integers(1, 50), st.integers(1, 20))
def test_nor_when_who_is_taken_waits_as_told(gaps: list[float], per_s: int, burst: int) -> None:
    rate = ReportRate(per_s, burst)
    now_s, taken = 0.0, []
    for gap_s in gaps:
        now_s += gap_s
        taken.append(now_s)
        now_s += rate.take(7, now_s)
    for first, begin_s in enumerate(taken):
        for last, end_s in enumerate(taken[first:], start=1):
            assert last <= burst + 1 + (end_s - begin_s) * per_s + 1e-6


def test_devices_have_nothing_to_do_with_each_other() -> None:
    rate = ReportRate(1, 10)
    assert [bool(rate.take(1, 5.0)) for _ in range(12)] == [False] * 10 + [True] * 2
    assert not rate.take(2, 5.0)
    assert (rate.early[1], rate.early[2]) == (2, 0)
    assert not any(NoRate().take(1, 0.0) for _ in range(10_000))


async def _longest_wait_s(client: Client, reports: int) -> float:
    """Seconds that the slowest of some replies took, one report after the other."""
    longest_s, now_us = 0.0, client.rig.clock.now_us()
    for n in range(reports):
        began_s = time.monotonic()
        client.send(position("calm", now_us + n, n))
        assert await client.line() == f"ACK calm {n} ok"
        longest_s = max(longest_s, time.monotonic() - began_s)
        await asyncio.sleep(0.05)
    return longest_s


async def test_by_tcp_the_flood_waits_loses_nothing_and_delays_nobody(
    plain_database: Database,
) -> None:
    flood = 12_000  # lines of 50 bytes: more than one read brings
    async with running_rig(plain_database, rate=ReportRate(6_000, 200)) as rig:
        wild_id = await rig.register("flood")
        await rig.register("calm")
        wild, calm = await rig.login("flood"), await rig.login("calm")
        began_s, now_us = time.monotonic(), rig.clock.now_us()
        wild.send(*(position("flood", now_us - n, n) for n in range(flood)))
        assert await _longest_wait_s(calm, 10) < 0.5
        replies = await wild.lines(flood)
        took_s = time.monotonic() - began_s
        assert replies == [f"ACK flood {n} ok" for n in range(flood)]
        # What one read has brought is always taken: all but the last pause must have been waited.
        assert took_s > (flood - 200) / 6_000 - 1.0
        assert rig.counters["too_fast.paused"] >= 1
        rate = rig.door.desk.rate
        assert rate.early.total() > 1_000
        assert list(rate.early) == [wild_id]
        assert len(await rig.positions()) == flood + 10


async def test_connecting_anew_gives_no_new_burst(plain_database: Database) -> None:
    async with running_rig(plain_database, rate=ReportRate(2, 20)) as rig:
        await rig.register("1")
        now_us = rig.clock.now_us()
        first = await rig.login("1")
        first.send(*(position("1", now_us - n, n) for n in range(21)))
        assert len(await first.lines(21)) == 21  # what was read is taken
        await until(lambda: rig.counters["too_fast.paused"] == 1)
        first.send("$BEAT 1")
        assert await first.silent()  # its socket is not read
        second = await rig.login("1")
        second.send(position("1", now_us - 100, 100))
        assert await second.line() == "ACK 1 100 ok"
        await until(lambda: rig.counters["too_fast.paused"] == 2)
        second.send("$BEAT 1")
        assert await second.silent()
        assert await second.line() == "BEAT 1"  # half a second later


async def test_by_udp_it_is_dropped_and_its_repetition_taken(plain_database: Database) -> None:
    async with test_udp.street(plain_database, rate=ReportRate(10, 5)) as town:
        await town.rig.register("7")
        sender = await town.sender()
        code = town.rig.directory.code("tiny", "7")
        now_us = town.rig.clock.now_us()
        sender.say(f"$LOGIN 7 {code}\n".encode())
        await until(lambda: sender.heard)
        reports = [f"{position('7', now_us - n, n)}\n".encode() for n in range(8)]
        sender.say(*reports)
        await until(lambda: town.rig.counters["too_fast.udp_dropped"] >= 2)
        while len(sender.heard) < 9:  # a terminal repeats what is not acknowledged
            await asyncio.sleep(0.15)
            said = b"".join(sender.heard)
            sender.say(next(r for n, r in enumerate(reports) if b"ACK 7 %d " % n not in said))
            await asyncio.sleep(0.05)
        assert len(await town.rig.positions()) == 8


@pytest.mark.mosquitto
async def test_by_mqtt_the_broker_is_told_and_the_handset_not(
    plain_database: Database, mosquitto: Mosquitto
) -> None:
    async with (
        running_rig(plain_database, rate=ReportRate(1, 3)) as rig,
        test_mqtt.handsets(mosquitto.port) as people,
    ):
        await rig.register("7")
        await rig.register("8")
        now_us = rig.clock.now_us()
        async with test_mqtt.open_door(rig, mosquitto.port):
            await people.say("7", test_mqtt.login(rig, "7"))
            await people.say("8", test_mqtt.login(rig, "8"))
            for n in range(40):  # more than the broker's window of 20
                await people.say("7", position("7", now_us - n, n) + "\n")
            await people.say("8", position("8", now_us, "mine") + "\n")
            await until(lambda: "ACK 8 mine ok" in people.acks())
            assert rig.counters["too_fast.mqtt_unanswered"] >= 35
            acknowledged = [text for text in people.acks() if text.startswith("ACK 7")]
            assert len(acknowledged) + rig.counters["too_fast.mqtt_unanswered"] == 40
            await asyncio.sleep(1.1)
            await people.say("7", position("7", now_us - 39, 39) + "\n")
            await until(lambda: "ACK 7 39 ok" in people.acks())


async def test_by_http_it_is_told_when_to_come_again(plain_database: Database) -> None:
    async with test_http.street(plain_database, rate=ReportRate(0.5, 2)) as town:
        token = await town.enrol("H1", "handset")
        answers: list[httpx.Response] = [
            await town.handset(test_http.fix(town.rig, n, n), token) for n in range(4)
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
        assert answers[2].json() == {"error": "too_many_reports"}
        assert 1 <= int(answers[2].headers["Retry-After"]) <= 3
        assert town.rig.counters["too_fast.http_refused"] == 2
        assert len(await town.rig.positions()) == 2
