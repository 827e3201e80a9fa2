"""Commands from the API to a simulated terminal and back, and what it says besides: all real."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from simulators.api_client import ApiClient, ApiProblem
from simulators.terminal import Jt808Terminal
from tests.servers import DatabaseServer
from tests.xunji.office import office
from xunji.server import Server

PHONE = "13900000031"


async def answered(api: ApiClient, device_id: int, body: dict[str, Any]) -> dict[str, Any]:
    """The command once its terminal has answered it."""
    command = await api.request("POST", f"/devices/{device_id}/commands", json=body)
    async with asyncio.timeout(20):
        while command["state"] != "answered":
            await asyncio.sleep(0.05)
            command = await api.request("GET", f"/commands/{command['id']}")
    return dict(command)


async def test_parameters_and_messages_of_a_terminal(
    plain_server: DatabaseServer, tmp_path: Path
) -> None:
    async with office(plain_server, tmp_path) as (server, api):
        terminal = Jt808Terminal(("127.0.0.1", server.settings.gateway.port), PHONE, version=2019)
        await terminal.start()
        await _converse(server, api, terminal)
        await terminal.stop()


async def _converse(server: Server, api: ApiClient, terminal: Jt808Terminal) -> None:
    async with asyncio.timeout(20):
        while not (units := await api.request("GET", "/devices")):
            await server.flush()
    device_id = units[0]["id"]
    change = {"kind": "set_parameters", "values": {"interval_s": 7}}
    assert (await answered(api, device_id, change))["result"] == "done"
    query = {"kind": "query_parameters", "names": ["interval_s"]}
    command = await answered(api, device_id, query)
    assert (command["result"], command["answer"]["params"]) == ("done", {"0x0029": 7})
    text = {"text": "请减速", "flags": ["tts"]}
    assert (await answered(api, device_id, text))["answer"] is None
    card = {"card_status": 2, "time": "2026-11-22 08:15:30"}
    terminal.logic.send(0x0702, card)
    async with asyncio.timeout(20):
        path = f"/devices/{device_id}/messages"
        while not (said := await api.request("GET", path, params={"name": "driver_card"})):
            await asyncio.sleep(0.05)
    assert [message["content"] for message in said] == [card]
    names = {message["name"] for message in await api.request("GET", path)}
    assert names == {"driver_card", "parameters"}
    for impossible in (
        {"kind": "set_parameters", "values": {"no_such": 1}},
        {"kind": "message", "message": "platform_ack", "values": {}},
        {"kind": "set_area", "fence_id": 1},
    ):
        with pytest.raises(ApiProblem, match=r"422|404"):
            await api.request("POST", f"/devices/{device_id}/commands", json=impossible)
    await server.register.directory.write_introduced()
    (unit,) = await api.request("GET", "/devices")
    assert unit["terminal"]["edition"] == "2019"
