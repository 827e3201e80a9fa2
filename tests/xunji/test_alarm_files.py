"""An active-safety alarm and its files: from the terminal's item to the file behind the API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from protocols.jt808 import Fix, encode_fix
from protocols.jt808.alarm_ident import IDENTS
from protocols.jt808.fields import write_fields
from simulators.api_client import ApiClient
from simulators.terminal import Jt808Terminal
from simulators.terminal.attachments import BLOCK_BYTES, send_files
from tests.servers import DatabaseServer
from tests.xunji.office import office, until
from xunji.demo import free_port

PHONE = "13900000041"
PHOTO = b"\xff\xd8\xff\xe0" + bytes(3 * BLOCK_BYTES)
VIDEO = b"\x00\x00\x00\x01\x67" + bytes(range(256)) * 40
NAMES = ("00_65_6501_0_x.jpg", "02_65_6501_0_x.h264")


def alarm() -> tuple[int, bytes]:
    ident = {"terminal_id": "T7", "time": "2026-11-22 08:15:30", "seq": 1, "attachment_count": 2,
             "reserved": "00"}  # fmt: skip
    return 0x65, bytes(31) + write_fields(IDENTS[16], ident, "2013")


async def test_files_of_an_alarm_are_stored_and_tied_to_it(
    plain_server: DatabaseServer, tmp_path: Path
) -> None:
    files = {"files_host": "127.0.0.1", "files_port": free_port(0)}
    async with office(plain_server, tmp_path, **files) as (server, api):
        terminal = Jt808Terminal(("127.0.0.1", server.settings.gateway.port), PHONE, version=2013)
        await terminal.start()
        fix = Fix(server.clock.now_us(), 118_800_000, 32_050_000, items=[alarm()])
        terminal.report([encode_fix(fix)])
        await _check(api, terminal)
        await terminal.stop()


async def _check(api: ApiClient, terminal: Jt808Terminal) -> None:
    async def asked() -> Any:
        return terminal.logic.files_wanted

    (wanted,) = await until(asked)
    files = dict(zip(NAMES, (PHOTO, VIDEO), strict=True))
    assert await send_files(wanted, PHONE, files) == dict.fromkeys(NAMES, True)
    refused = await send_files({**wanted, "alarm_number": "0"}, PHONE, files)
    assert refused == dict.fromkeys(NAMES, False)
    (unit,) = await api.request("GET", "/devices")
    path = f"/devices/{unit['id']}/messages"

    async def said() -> Any:
        return await api.request("GET", path, params={"name": "safety_alarm"})

    (told,) = await until(said)
    number = told["content"]["media_number"]
    stored = await api.request("GET", "/media", params={"media_number": number})
    assert {(one["content_type"], one["bytes"], one["channel"]) for one in stored} == {
        ("image/jpeg", len(PHOTO), 65),
        ("video/h264", len(VIDEO), 65),
    }
    assert {one["event"] for one in stored} == {"safety_alarm"}
    assert unit["id"] == stored[0]["device_id"]
    assert terminal.logic.online, "the connection for files has not taken the terminal over"
