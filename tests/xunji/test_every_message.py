"""Every message of JT/T 808, from the API to a simulated terminal and back: all real.

What a message holds comes from tests/vectors, so that the layouts' own examples are what is sent.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from protocols.jt808 import JT808, MESSAGES, Fix, encode_fix
from protocols.jt808.bodies import REPORT_IDS
from protocols.jt808.commands import NOT_FOR_PEOPLE, message_of
from protocols.jt808.handlers import HANDLERS
from protocols.jt808.messages import FIRST_PLATFORM_ID
from simulators.api_client import ApiClient
from simulators.terminal import Jt808Terminal
from tests.servers import DatabaseServer
from tests.xunji.office import office, until
from xunji.server import Server

LAST_OF_808 = 0x8FFF  # above it JT/T 1078 and T/JSATL 12
PHONES = {"2011": "13900000051", "2013": "13900000053", "2019": "13900000059"}
FOLDER = Path(__file__).parents[1] / "vectors"
VECTORS = [
    vector
    for name in ("jt808.json", "jt808_messages.json")
    for vector in json.loads((FOLDER / name).read_text(encoding="utf-8"))
]
PERIOD = {"from": "2026-11-22T00:00:00Z", "to": "2026-11-22T01:00:00Z"}
KEPT_PHOTOS = {
    "command": 2, "interval_s": 0, "save": 1, "resolution": 1, "quality": 5, "brightness": 1,
    "contrast": 1, "saturation": 1, "chroma": 1,
}  # fmt: skip
UPGRADE = bytes(n * 11 & 0xFF for n in range(150_000))
# Kinds with fields of their own, and what the answer holds.
ORDERS: list[tuple[str, dict[str, Any], Callable[[dict[str, Any]], Any], Any]] = [
    ("query_parameters", {"names": ["interval_s"]}, lambda a: a["params"], {"0x0029": 30}),
    ("query_attributes", {}, lambda a: a["firmware_version"], "xunji-simulator"),
    ("query_recorder", {"what": "driver"}, lambda a: a["recorded"]["licence"],
     "320100198001011234"),
    ("query_recorder", {"what": "speeds", **PERIOD}, lambda a: a["recorded"], {"what": "speeds"}),
    ("query_driver", {}, lambda a: a["card_status"], 2),
    ("media_search", {"media_type": "image", **PERIOD}, lambda a: a["items"], []),
]  # fmt: skip


def spoken_by(message_id: int) -> str:
    """The newest edition that has a message."""
    span = MESSAGES[message_id].span
    return "2013" if span.endswith("2013") else "2019"


def ordered() -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Id, edition and fields of everything that a person may order by kind `message`."""
    for vector in VECTORS:
        shown = JT808.describe(vector["frame"])
        message_id = int(shown.fields["header"]["msg_id"], 16)
        if FIRST_PLATFORM_ID <= message_id <= LAST_OF_808 and message_id not in NOT_FOR_PEOPLE:
            edition = shown.fields["header"]["version"]
            if edition == spoken_by(message_id) or vector["id"] == f"{message_id:04x}":
                yield message_id, spoken_by(message_id), shown.fields["body"]


def told() -> Iterator[tuple[int, str, dict[str, Any]]]:
    """The same of what a terminal says and the server keeps by field."""
    for vector in VECTORS:
        shown = JT808.describe(vector["frame"])
        message_id = int(shown.fields["header"]["msg_id"], 16)
        kept = message_id < 0x1000 and message_id not in {*REPORT_IDS, *HANDLERS}
        if kept and vector["id"] in (f"{message_id:04x}", f"{message_id:04x}-2013"):
            yield message_id, "2013", shown.fields["body"]


class Town:
    """A server, a person and a terminal of each edition."""

    def __init__(self, server: Server, api: ApiClient, terminals: dict[str, Jt808Terminal]) -> None:
        self.server, self.api, self.terminals = server, api, terminals
        self.units: dict[str, int] = {}

    async def meet(self) -> None:
        for terminal in self.terminals.values():
            terminal.logic.answer_delay_s = (0.0, 0.01)
            await terminal.start()
        units = await until(self._units)
        self.units = {
            edition: next(u["id"] for u in units if u["identity"] == phone)
            for edition, phone in PHONES.items()
        }

    async def _units(self) -> Any:
        await self.server.flush()
        units = await self.api.request("GET", "/devices")
        return units if len(units) == len(PHONES) else None

    async def order(self, edition: str, body: dict[str, Any]) -> dict[str, Any]:
        """A command once it is answered."""
        path = f"/devices/{self.units[edition]}/commands"
        return await self.answered(await self.api.request("POST", path, json=body))

    async def answered(self, command: dict[str, Any]) -> dict[str, Any]:
        async def look() -> Any:
            now = await self.api.request("GET", f"/commands/{command['id']}")
            return now if now["state"] == "answered" else None

        return dict(await until(look))

    async def media(self, edition: str, count: int) -> list[dict[str, Any]]:
        """The terminal's files, once there are so many."""
        query = {"device_id": self.units[edition]}

        async def look() -> Any:
            found = await self.api.request("GET", "/media", params=query)
            return found if len(found) >= count else None

        return list(await until(look))


async def test_every_message_reaches_its_terminal_and_is_answered(
    plain_server: DatabaseServer, tmp_path: Path
) -> None:
    async with office(plain_server, tmp_path) as (server, api):
        address = ("127.0.0.1", server.settings.gateway.port)
        terminals = {
            edition: Jt808Terminal(address, phone, version=int(edition))
            for edition, phone in PHONES.items()
        }
        town = Town(server, api, terminals)
        await town.meet()
        for fixed in (
            _orders_of_their_own,
            _media,
            _upgrade,
            _everything_said,
            _everything_ordered,
        ):
            await fixed(town)
        for terminal in terminals.values():
            await terminal.stop()


async def _everything_ordered(town: Town) -> None:
    """Last, for it changes areas and parameters, and 0x8105 may end a connection."""
    seen = set()
    for message_id, edition, values in ordered():
        if message_id in (0x8105, 0x8108, 0x8805):
            continue  # reset; whole files: by kinds of their own
        body = {"kind": "message", "message": f"0x{message_id:04X}", "values": values}
        command = await town.order(edition, body)
        assert command["result"] == "done", (hex(message_id), command)
        seen.add(message_id)
    everything = {
        i for i in MESSAGES if FIRST_PLATFORM_ID <= i <= LAST_OF_808 and i not in NOT_FOR_PEOPLE
    }
    assert seen == everything - {0x8105, 0x8108, 0x8805}
    reset = await town.order("2019", {"kind": "control", "action": "reset"})
    assert reset["result"] == "done"


async def _everything_said(town: Town) -> None:
    terminal = town.terminals["2013"]
    said = []
    for message_id, _edition, values in told():
        terminal.logic.send(message_id, values)
        said.append((MESSAGES[message_id].name, values))
    path = f"/devices/{town.units['2013']}/messages"

    async def look() -> Any:
        rows = await town.api.request("GET", path)
        kept = [(row["name"], row["content"]) for row in rows]
        return all(one in kept for one in said)

    assert await until(look)
    assert len({name for name, _values in said}) > 12


async def _orders_of_their_own(town: Town) -> None:
    for kind, fields, picked, expected in ORDERS:
        command = await town.order("2013", {"kind": kind, **fields})
        assert command["result"] == "done"
        assert picked(command["answer"]) == expected, kind
    for kind in ("query_location", "link_test"):
        assert (await town.order("2019", {"kind": kind}))["result"] == "done"
    impossible = {"kind": "query_recorder", "what": "weather"}
    with pytest.raises(Exception, match="422"):
        await town.order("2013", impossible)


async def _media(town: Town) -> None:
    """Photos and sounds that stay in the terminal are found by field, and fetched one or all."""
    for edition in ("2011", "2013", "2019"):
        terminal = town.terminals[edition]
        fix = Fix(town.server.clock.now_us(), 118_800_000, 32_050_000)
        terminal.report([encode_fix(fix)])
        keep = {**KEPT_PHOTOS, "channel": 2}
        order = {"kind": "message", "message": "shoot", "values": keep}
        assert (await town.order(edition, order))["result"] == "done"
        found = await town.order(edition, {"kind": "media_search", "channel": 2})
        items = found["answer"]["items"]
        assert [item["channel"] for item in items] == [2, 2]
        assert items[0]["location"]["lat"] == 32.05
        other = await town.order(edition, {"kind": "media_search", "channel": 3})
        assert other["answer"]["items"] == []
        first = next(iter(terminal.logic.stored))
        if edition != "2011":  # whose answer has no numbers
            assert {item["media_id"] for item in items} == set(terminal.logic.stored)
        one = {"kind": "media_upload", "media_id": first, "delete": True}
        assert (await town.order(edition, one))["result"] == "done"
        assert first not in terminal.logic.stored
        (photo,) = await town.media(edition, 1)
        assert (photo["media_number"], photo["channel"]) == (first, 2)
        rest = {"kind": "media_upload_all", "media_type": "image", "delete": True}
        assert (await town.order(edition, rest))["result"] == "done"
        await town.media(edition, 2)
        assert not terminal.logic.stored
        again = {"kind": "media_upload", "media_id": first}
        assert (await town.order(edition, again))["result"] == "failed"
        assert (await town.order(edition, {"kind": "record_audio", "duration_s": 1}))["result"]
        sound = (await town.media(edition, 3))[0]
        assert (sound["content_type"], sound["event"]) == ("audio/wav", "command")


async def _upgrade(town: Town) -> None:
    """A file in sub-packages; its result comes when the terminal has started anew."""
    terminal = town.terminals["2019"]
    terminal.logic.answer_delay_s = (0.3, 0.3)
    path = f"/devices/{town.units['2019']}/upgrade?version=V2.1&target=dsm"
    command = await town.api.request("POST", path, content=UPGRADE)
    (taken,) = await until(_value(lambda: terminal.logic.upgrades))
    assert bytes.fromhex(taken["data"]) == UPGRADE
    assert (taken["type"], taken["version"]) == (0x65, "V2.1")
    terminal.drop()
    done = await town.answered(command)
    assert (done["result"], done["answer"]) == ("done", {"type": 0x65, "result": 0})
    terminal.logic.answer_delay_s = (0.0, 0.01)
    too_long = town.api.request("POST", path, content=bytes((8 << 20) + 1))
    with pytest.raises(Exception, match="422"):
        await too_long


def _value(look: Callable[[], Any]) -> Callable[[], Awaitable[Any]]:
    async def found() -> Any:
        return look()

    return found


def test_kinds_build_what_the_table_says() -> None:
    from protocols.jt808.commands import ORDERED_BY

    area = {"area_id": 7, "name": "x", "points": [[118.8, 32.0], [118.9, 32.0], [118.9, 32.1]]}
    samples: list[tuple[str, dict[str, Any]]] = [
        ("set_parameters", {"values": {"interval_s": 5}}),
        ("query_parameters", {}),
        ("query_parameters", {"names": ["interval_s"]}),
        ("control", {"action": "reset"}),
        ("query_attributes", {}), ("query_location", {}), ("link_test", {}), ("query_driver", {}),
        ("upgrade", {"version": "1", "file": b""}),
        ("track", {"interval_s": 0}),
        ("confirm_alarm", {"alarms": ["emergency"]}),
        ("text", {"text": "x"}),
        ("doors", {"doors": "lock"}),
        ("set_area", {**area, "shape": "circle", "points": area["points"][:1], "radius_m": 50}),
        ("set_area", {**area, "shape": "polygon"}),
        ("set_area", {**area, "shape": "route", "width_m": 40}),
        ("delete_areas", {"shape": "circle"}),
        ("delete_areas", {"shape": "polygon"}),
        ("delete_areas", {"shape": "route"}),
        ("query_areas", {"shape": "circle"}),
        ("query_recorder", {"what": "clock"}),
        ("photo", {}), ("media_search", {}), ("media_upload_all", {}),
        ("record_audio", {"duration_s": 1}), ("media_upload", {"media_id": 1}),
    ]  # fmt: skip
    built = {message_of(kind, body, "2019")[0]: kind for kind, body in samples}
    assert built == ORDERED_BY
