"""Publish and subscribe inside the process, and the newest positions that a page is shown."""

from __future__ import annotations

from pipeline.live import QUEUE_MESSAGES, LiveHub
from storage.database import Database
from tests.gateway.rig import running_rig
from tests.pipeline.submitter import Submitter


async def test_live_positions_are_the_newest_of_each_device(plain_database: Database) -> None:
    async with running_rig(plain_database) as rig:
        sender = Submitter(rig, await rig.register("1"))
        now_us = rig.clock.now_us() // 1_000_000 * 1_000_000
        with rig.hub.subscribe(["positions"]) as seen:
            for age_s, serial in ((10, 1), (5, 2), (7, 3)):
                sender.submit(now_us - age_s * 1_000_000, serial)
            await rig.ingest.tick()
            sender.submit(now_us - 6_000_000, 4)  # late: shown is newer
            await rig.ingest.tick()
            sender.submit(now_us - 4_000_000, 5)
            await rig.ingest.tick()
            messages = [await seen.get(), await seen.get()]
        shown = [message.payload["positions"] for message in messages if message is not None]
        assert [len(positions) for positions in shown] == [1, 1]
        stamps = [positions[0]["time"] for positions in shown]
        assert stamps == sorted(stamps)
        assert shown[0][0]["longitude"] == 118.8
        assert shown[0][0]["speed_kmh"] is None


async def test_a_slow_subscriber_is_dropped() -> None:
    hub = LiveHub()
    slow, other = hub.subscribe(), hub.subscribe(["status"])
    for n in range(QUEUE_MESSAGES + 1):
        hub.publish(1, "violation", {"n": n})
    assert slow.dropped
    assert (len(hub), hub.dropped) == (1, 1)
    read = [message async for message in slow]
    assert [message.payload["n"] for message in read] == list(range(QUEUE_MESSAGES))
    other.close()
    assert [message async for message in other] == []
