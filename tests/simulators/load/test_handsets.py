"""Handsets of a load run over a real broker into a whole server."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from simulators.load.handsets import HandsetCrowd
from simulators.load.order import LoadOrder
from tests.servers import DatabaseServer
from tests.xunji.test_replay import settings
from xunji.server import Server


@pytest.mark.parametrize("rate", [None, 20.0], ids=["closed", "open"])
async def test_every_message_is_acknowledged_once(
    plain_server: DatabaseServer, tmp_path: Path, rate: float | None
) -> None:
    url = plain_server.create()
    given = settings(url, tmp_path)
    order = LoadOrder(
        host="127.0.0.1",
        port=given.mqtt.embedded_port,
        protocol="handset",
        connections=5,
        rate=rate,
        frames_per_packet=3,
        seconds=1.0,
        drain_s=20.0,
    )
    async with Server(given):
        tally = await HandsetCrowd(order).run(asyncio.Event())
    assert tally.passed, (tally.error, tally.faults)
    assert tally.frames == tally.acknowledged == tally.packets
    assert tally.frames == 20 if rate else tally.frames >= 5
    plain_server.drop(url)


async def test_a_broker_that_is_not_there() -> None:
    order = LoadOrder(host="127.0.0.1", port=1, protocol="handset", log_in_s=0.5)
    tally = await HandsetCrowd(order).run(asyncio.Event())
    assert not tally.passed
    assert tally.error is not None
    assert "broker" in tally.error
