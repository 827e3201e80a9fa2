"""WS /live over a real uvicorn: scope, pace, slow readers, tokens."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import uvicorn
import websockets
from websockets.asyncio.client import ClientConnection, connect

import api.live.client
import api.routes.live
from api.app import create_app
from api.live.client import MAX_WAITING_EVENTS
from model.position_json import position_json
from pipeline.live import QUEUE_MESSAGES, NewestPositions
from tests.api.browser import Browser
from tests.api.town import Town, raise_violation
from tests.api.traffic import NOW_US, SECOND_US, truck_rows


@pytest.fixture
async def web(town: Town) -> AsyncIterator[Browser]:
    """A browser over a real server on a port of its own."""
    config = uvicorn.Config(
        create_app(town.services),
        port=0,
        log_level="warning",
        ws="websockets-sansio",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
        assert not task.done()
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            yield Browser(town, client)
    finally:
        server.should_exit = True
        await task


@contextlib.asynccontextmanager
async def live(web: Browser, username: str, **options: Any) -> AsyncIterator[ClientConnection]:
    """A live connection of a user."""
    token = await web.token(username)
    address = str(web.client.base_url).replace("http", "ws", 1)
    async with connect(f"{address}/api/v1/live?token={token}", **options) as socket:
        yield socket


async def until(socket: ClientConnection, kind: str, limit_s: float = 10.0) -> Any:
    """The next message of a type; what comes before it is dropped."""
    async with asyncio.timeout(limit_s):
        while True:
            message = json.loads(await socket.recv())
            if message["type"] == kind:
                return message


async def test_it_begins_with_positions_and_status(town: Town, web: Browser) -> None:
    async with live(web, "company_a") as socket:
        first = await until(socket, "positions")
        assert [p["device_id"] for p in first["positions"]] == [town.devices["truck_a"].id]
        status = (await until(socket, "status"))["status"]
        assert status == await web.get("company_a", "/status")


async def test_positions_come_to_those_who_may_see_them(town: Town, web: Browser) -> None:
    async with live(web, "company_a") as mine, live(web, "company_b") as other:
        for socket in (mine, other):
            await until(socket, "positions")
            await until(socket, "status")
        batch = truck_rows(town.devices["truck_a"])
        batch.rows["time_us"] += 3_600 * SECOND_US
        batch.rows["alarm_bits"][-1] = 1 << 1 | 1 << 40
        started_s = time.monotonic()
        NewestPositions(town.services.live).publish(batch)
        (position,) = (await until(mine, "positions"))["positions"]
        assert time.monotonic() - started_s < 2
        assert position["time"].startswith("2026-09-22T13:19:50")
        assert position["alarms"] == ["overspeed", "bit_40"]
        with pytest.raises(TimeoutError):
            await until(other, "positions", limit_s=1.5)
    latest = await web.get("company_a", "/positions/latest")
    assert latest[0]["alarms"] == ["overspeed", "bit_40"]


async def test_positions_are_gathered(town: Town, web: Browser) -> None:
    """However many fixes come: at most one message in half a second, with the latest of each."""
    async with live(web, "chief") as socket:
        await until(socket, "status")
        publisher = NewestPositions(town.services.live)
        for step in range(100):
            batch = truck_rows(town.devices["truck_a"], 1)
            batch.rows["time_us"] = NOW_US + step * SECOND_US
            publisher.publish(batch)
            await asyncio.sleep(0.01)
        got = []
        with contextlib.suppress(TimeoutError):
            while True:
                got.append(await until(socket, "positions", limit_s=1.2))
        assert 1 <= len(got) <= 6
        assert all(len(message["positions"]) == 1 for message in got)
        assert got[-1]["positions"][0]["time"].startswith("2026-09-22T12:21:39")


async def test_changes_of_violations_and_commands(town: Town, web: Browser) -> None:
    violation = town.violations["a"]
    async with (
        live(web, "officer_li") as district,
        live(web, "company_a") as owner,
        live(web, "company_b") as other,
    ):
        for socket in (district, owner, other):
            await until(socket, "status")
        await web.post("officer_wang", f"/violations/{violation}/take")
        for socket in (district, owner):
            seen = (await until(socket, "violation"))["violation"]
            assert (seen["id"], seen["status"]) == (violation, "taken")
        command = await web.post("officer_wang", f"/violations/{violation}/warn")
        for socket in (district, owner):
            assert (await until(socket, "command"))["command"] == command
        raised = await raise_violation(town, "truck_b", "uncovered_b")
        town.services.live.publish(0, "violation", {"id": raised})
        assert (await until(other, "violation"))["violation"]["id"] == raised


async def test_a_stranger_is_shown_the_door(web: Browser) -> None:
    address = str(web.client.base_url).replace("http", "ws", 1)
    async with connect(f"{address}/api/v1/live?token=nonsense") as socket:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


async def test_a_disabled_user_is_disconnected(
    town: Town, web: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.routes.live, "RECHECK_S", 0.2)
    monkeypatch.setattr(api.routes.live, "STATUS_EVERY_S", 0.2)
    async with live(web, "company_a") as socket:
        await until(socket, "status")
        async with town.database.pool.connection() as conn:
            await conn.execute("UPDATE users SET disabled = true WHERE username = 'company_a'")
        with pytest.raises(websockets.ConnectionClosed):
            await until(socket, "never")


@pytest.mark.parametrize("pool_wait_s", [0.1, 30.0])
async def test_without_the_database_positions_and_the_spool_are_shown(
    town: Town, web: Browser, monkeypatch: pytest.MonkeyPatch, pool_wait_s: float
) -> None:
    monkeypatch.setattr(api.routes.live, "STATUS_EVERY_S", 0.2)
    monkeypatch.setattr(api.routes.live, "RECHECK_S", 0.2)
    monkeypatch.setattr(api.routes.live, "DATABASE_WAIT_S", 0.2)
    spool = {"state": "holding", "positions": 7, "since_us": NOW_US}
    async with live(web, "company_a") as socket, contextlib.AsyncExitStack() as held:
        before = (await until(socket, "status"))["status"]
        pool = town.database.pool
        for _ in range(pool.max_size):
            await held.enter_async_context(pool.connection())
        pool.timeout = pool_wait_s
        monkeypatch.setattr(town.services, "spool_status", lambda: spool)
        while (status := (await until(socket, "status"))["status"])["spool"]["state"] == "empty":
            continue
        assert (status["units"], status["spool"]["positions"]) == (before["units"], 7)
        batch = truck_rows(town.devices["truck_a"])
        batch.rows["time_us"] += 3_600 * SECOND_US
        NewestPositions(town.services.live).publish(batch)
        await until(socket, "positions", limit_s=3)


async def test_a_client_that_does_not_read_is_disconnected(
    town: Town, web: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.live.client, "SEND_LIMIT_S", 0.5)
    batch = truck_rows(town.devices["truck_a"], 1)
    heavy = position_json(batch.rows[0], json.dumps({"note": "x" * 1_000_000}))
    async with live(web, "chief", compression=None, ping_interval=None) as socket:
        await until(socket, "status")
        assert await _live_clients(web) == 1
        socket.transport.pause_reading()
        async with asyncio.timeout(30):
            while await _live_clients(web):
                payload = {"positions": [heavy]}
                town.services.live.publish(town.organisations["a"], "positions", payload)
                await asyncio.sleep(0.1)
        socket.transport.abort()


async def _live_clients(web: Browser) -> int:
    """As the metrics have it."""
    text = (await web.client.get("/metrics")).text
    (line,) = [line for line in text.splitlines() if line.startswith("xunji_live_clients ")]
    return int(float(line.split()[1]))


async def test_a_flood_ends_the_client_not_the_server(town: Town, web: Browser) -> None:
    violation = town.violations["a"]
    async with live(web, "chief") as socket:
        await until(socket, "status")
        for _ in range(QUEUE_MESSAGES + 1):
            town.services.live.publish(0, "violation", {"id": violation})
        with pytest.raises(websockets.ConnectionClosed):
            await until(socket, "never", limit_s=30)
    async with live(web, "chief") as socket:
        await until(socket, "status")
        town.services.live.publish(0, "violation", {"id": violation})
        assert (await until(socket, "violation"))["violation"]["id"] == violation


def test_the_buffer_of_a_client_has_a_cap() -> None:
    client = api.live.client.Client(None, None)  # type: ignore[arg-type]
    for number in range(MAX_WAITING_EVENTS + 1):
        assert client.closing is None
        client.offer_event({"type": "violation", "violation": {"id": number}})
    assert client.closing is not None
