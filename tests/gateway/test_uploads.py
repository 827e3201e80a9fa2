"""A photo from a simulated terminal's camera, ordered through the API, to a file: all real."""

from __future__ import annotations

import asyncio
from pathlib import Path

from model.uploads import TerminalFile
from pipeline.media import MAX_WAITING_BYTES, MediaLoop
from protocols.contract import KnownDevice, ProtocolError, Upload
from protocols.jt808 import Fix, encode_fix
from simulators.terminal import Jt808Terminal
from storage.media import MediaProblem
from tests.servers import DatabaseServer
from tests.xunji.test_replay import settings
from xunji.server import Server


async def test_a_photo_that_was_ordered_is_stored_before_it_is_confirmed(
    plain_server: DatabaseServer, tmp_path: Path
) -> None:
    url = plain_server.create()
    given = settings(url, tmp_path)
    async with Server(given) as server:
        terminal = Jt808Terminal(("127.0.0.1", given.gateway.port), "13900000021", version=2019)
        await terminal.start()
        fix = Fix(server.clock.now_us(), 118_800_000, 32_050_000)
        terminal.report([encode_fix(fix)])
        await terminal.drained()
        device = server.register.directory.find("jt808", "13900000021")
        assert device is not None
        online = server.gateway.online.of_device(device.device_id)
        assert online is not None
        online.link.send_command("13900000021", 1, "photo", {"resolution": 1})
        async with asyncio.timeout(20):
            while not (rows := await _rows(server)) or terminal.logic.albums:
                await asyncio.sleep(0.02)
        [(sha256, event, channel)] = rows
        await terminal.stop()
    assert (event, channel) == ("command", 1)
    stored = (tmp_path / "media" / sha256[:2] / sha256).read_bytes()
    assert stored.startswith(b"\xff\xd8\xff")
    assert len(stored) > 1_023, "it went in one package"
    plain_server.drop(url)


async def _rows(server: Server) -> list[tuple[str, str, int]]:
    async with server.database.pool.connection() as conn:
        cursor = await conn.execute("SELECT sha256, event, channel FROM terminal_media")
        return await cursor.fetchall()


class Moody:
    """An archive that is away, then refuses, then keeps."""

    def __init__(self) -> None:
        self.kept: list[TerminalFile] = []
        self._moods: list[Exception] = [OSError("disk full"), MediaProblem("photo_type", "no")]

    async def keep(self, file: TerminalFile) -> int:
        if self._moods:
            raise self._moods.pop(0)
        self.kept.append(file)
        return len(self.kept)


def upload(data: bytes) -> Upload:
    known = KnownDevice(1, 1)
    return Upload(known, "1", 5, "image", "jpeg", "command", 1, data, None, None, None, None)


async def test_failures_are_told_apart_and_the_queue_has_a_cap() -> None:
    archive, told = Moody(), list[str]()
    loop = MediaLoop(archive, {1: KnownDevice(77, 1)})

    def settled(_: Upload, error: ProtocolError | None) -> None:
        told.append(error.reason if error else "stored")

    for _ in range(3):
        loop.submit(upload(b"x"), 9, settled)
    loop.submit(upload(bytes(MAX_WAITING_BYTES)), 9, settled)
    assert told == ["away"]
    running = asyncio.create_task(loop.run())
    async with asyncio.timeout(5):
        while len(told) < 4:
            await asyncio.sleep(0)
    running.cancel()
    assert told == ["away", "away", "photo_type", "stored"]
    assert archive.kept[0].device_id == 77
