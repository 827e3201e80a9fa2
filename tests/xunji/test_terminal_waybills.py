"""A waybill from a terminal's 0x0701 to the register, and what cannot be read: all real."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from simulators.api_client import ApiClient
from simulators.terminal import Jt808Terminal
from storage.terminal_waybills import retry_waybills
from tests.servers import DatabaseServer
from tests.xunji.office import office, until
from xunji.server import Server

PHONES = "13900000061", "13900000062"
SQUARE = [[118.8, 32.0], [118.81, 32.0], [118.81, 32.01], [118.8, 32.01], [118.8, 32.0]]
TIMES = "2026-11-22 08:00:00|2036-11-22 20:00:00"


async def fence(api: ApiClient, name: str) -> int:
    feature = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [SQUARE]},
        "properties": {"name": name, "shape": "polygon"},
    }
    return int((await api.request("POST", "/fences", json=feature))["id"])


def say(terminal: Jt808Terminal, text: str) -> None:
    data = text.encode("gbk")
    terminal.logic.send(0x0701, {"length": len(data), "data": data.hex()})


async def test_waybills_of_terminals_enter_the_register(
    plain_server: DatabaseServer, tmp_path: Path
) -> None:
    async with office(plain_server, tmp_path) as (server, api):
        address = ("127.0.0.1", server.settings.gateway.port)
        trucks = [Jt808Terminal(address, phone) for phone in PHONES]
        for truck in trucks:
            await truck.start()
        await _register(server, api)
        await _waybills(server, api, trucks)
        for truck in trucks:
            await truck.stop()


async def _register(server: Server, api: ApiClient) -> None:
    async def units() -> Any:
        await server.flush()
        found = await api.request("GET", "/devices")
        return found if len(found) == len(PHONES) else None

    for unit in await until(units):
        change = {"profile": "waybill-fields"}
        await api.request("PATCH", f"/devices/{unit['id']}", json=change)
    await server.register.refresh()


async def _waybills(server: Server, api: ApiClient, trucks: list[Jt808Terminal]) -> None:
    site, dump = await fence(api, "河西工地"), await fence(api, "江北消纳场")
    say(trucks[0], f"联7||河西工地|江北消纳场|12.5|{TIMES}|")

    async def entered() -> Any:
        return await api.request("GET", "/waybills")

    (waybill,) = await until(entered)
    units = {u["identity"]: u["id"] for u in await api.request("GET", "/devices")}
    assert waybill["device_id"] == units[PHONES[0]]
    assert (waybill["site_fence_id"], waybill["dump_fence_id"]) == (site, dump)
    assert (waybill["number"], waybill["volume_m3"]) == ("联7", 12.5)
    assert waybill["issued_at"] == "2026-11-22T00:00:00Z"
    path = f"/devices/{units[PHONES[0]]}/messages"
    (message,) = await api.request("GET", path, params={"name": "waybill"})
    assert message["outcome"]["waybill_id"] == waybill["id"]
    assert message["outcome"]["text"].startswith("联7||河西工地")

    say(trucks[1], f"联7||河西工地|江北消纳场|8|{TIMES}|")  # another unit's number
    say(trucks[1], f"联8||无此工地|江北消纳场|8|{TIMES}|")
    say(trucks[1], "乱码")
    unread = await _unread(api, 3)
    assert [one["problem"] for one in unread] == ["unreadable", "no_fence", "other_unit"]
    assert unread[1]["text"].startswith("联8||无此工地")
    assert "无此工地" in unread[1]["zh"]
    assert len(await entered()) == 1

    await fence(api, "无此工地")  # now there is one
    async with server.database.pool.connection() as conn:
        assert await retry_waybills(conn, 0) == 3
    left = await _unread(api, 2)
    assert [one["problem"] for one in left] == ["unreadable", "other_unit"]
    say(trucks[0], f"联7||河西工地|江北消纳场|12.5|{TIMES}|作废")

    async def cancelled() -> Any:
        (now,) = await api.request("GET", "/waybills", params={"number": "联7"})
        return now["cancelled_at"]

    assert await until(cancelled)


async def _unread(api: ApiClient, count: int) -> list[dict[str, Any]]:
    async def look() -> Any:
        found = await api.request("GET", "/waybills/unread")
        return found if len(found) == count else None

    async with asyncio.timeout(20):
        return list(await until(look))
