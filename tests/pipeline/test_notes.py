"""Messages of terminals: kept in batches, turned away at the cap and while the database is away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from model.uploads import TerminalMessage
from pipeline.notes import MAX_CONTENT_BYTES, MAX_WAITING, NoteLoop
from protocols.contract import KnownDevice, ProtocolError, Told


class Archive:
    """Away at first, then keeps."""

    def __init__(self) -> None:
        self.batches: list[list[TerminalMessage]] = []
        self.away = True

    async def keep(self, messages: Sequence[TerminalMessage]) -> None:
        if self.away:
            raise OSError("no database")
        self.batches.append(list(messages))


def told(size: int = 1) -> Told:
    return Told(KnownDevice(5, 1), "138", "waybill", {"data": "0" * size}, lambda _error: b"")


async def test_kept_together_or_told_to_come_again() -> None:
    archive, reasons = Archive(), list[str]()
    loop = NoteLoop(archive, {5: KnownDevice(9, 1)})

    def settled(_told: Told, error: ProtocolError | None) -> None:
        reasons.append("" if error is None else error.reason)

    task = asyncio.create_task(loop.run())
    loop.submit(told(), 7, settled)
    await asyncio.sleep(0.01)
    assert reasons == ["away"]
    archive.away = False
    loop.submit(told(MAX_CONTENT_BYTES), 7, settled)
    for _ in range(3):
        loop.submit(told(), 8, settled)
    await asyncio.sleep(0.01)
    task.cancel()
    assert reasons == ["away", "too_long", "", "", ""]
    assert archive.batches == [[TerminalMessage(9, "waybill", {"data": "0"}, 8)] * 3]


async def test_above_the_cap_messages_are_turned_away() -> None:
    loop, reasons = NoteLoop(Archive()), list[ProtocolError | None]()
    for _ in range(MAX_WAITING + 1):
        loop.submit(told(), 7, lambda _told, error: reasons.append(error))
    assert [error.reason for error in reasons if error] == ["away"]
