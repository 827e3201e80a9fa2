"""What no well-behaved terminal does to a platform: one probe a check, on a socket of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from protocols.contract import ProtocolError
from protocols.jt808.framing import Framer, unwrap
from protocols.jt808.header import parse_header
from protocols.jt808.messages import decode_body
from simulators.foreign.book import Book
from simulators.terminal.credentials import log_in
from simulators.terminal.reports import MAX_BATCH_ITEMS, batch_bodies
from simulators.terminal.sender import Sender

READ_BYTES = 65_536
SILENCE_S = 1.0  # how long an answer that must not come is waited for
UNKNOWN = 0x0F77  # of the vendors' own range
NOT_SUPPORTED = 3
LONG_BATCHES = 2  # a body of so many frames' worth goes in sub-packages
Ack = dict[str, Any]


@dataclass(slots=True)
class Line:
    """A logged-in terminal on a bare socket."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sender: Sender
    location: bytes
    limit_s: float
    framer: Framer

    async def acks(self, within_s: float, wanted: Callable[[Ack], bool]) -> list[Ack]:
        """0x8001 that came, up to the wanted one or the end of the time."""
        found: list[Ack] = []
        try:
            async with asyncio.timeout(within_s):
                while not any(wanted(ack) for ack in found):
                    data = await self.reader.read(READ_BYTES)
                    if not data:
                        break
                    found += [ack for ack in map(_ack_of, self.framer.feed(data)) if ack]
        except (TimeoutError, ConnectionError):
            pass
        return found

    async def answer_to(self, frames: list[bytes], *, bytewise: bool = False) -> Ack | None:
        """Send; the acknowledgement that names one of these frames."""
        serials = {parse_header(unwrap(frame[1:-1])).serial for frame in frames}
        for frame in frames:
            pieces = [frame[n : n + 1] for n in range(len(frame))] if bytewise else [frame]
            for piece in pieces:
                self.writer.write(piece)
                await self.writer.drain()
                await asyncio.sleep(0)
        found = await self.acks(self.limit_s, lambda ack: ack["ack_serial"] in serials)
        return next((ack for ack in found if ack["ack_serial"] in serials), None)


def _ack_of(fed: tuple[bytes, str | None]) -> Ack | None:
    try:
        frame = unwrap(fed[0])
        header = parse_header(frame)
        if header.message_id == 0x8001:
            return decode_body(0x8001, frame[header.body_at : -1], header.version)
    except ProtocolError:
        pass
    return None


def _judge(book: Book, check: str, ack: Ack | None, result: int = 0) -> None:
    if ack is None:
        book.lacking(check, "no acknowledgement")
    else:
        book.note(check, ack["result"] == result, f"result {ack['result']}, not {result}")


async def _damaged(line: Line, book: Book) -> None:
    [frame] = line.sender.frames(0x0200, line.location)
    broken = bytearray(frame)
    broken[14] ^= 0x01  # inside the alarm word, which holds neither 7D nor 7E
    line.writer.write(bytes(broken))
    early = await line.acks(min(SILENCE_S, line.limit_s), lambda _: True)
    if early:
        book.wrong("damaged_frame", f"it was answered: {early[0]}")
    _judge(book, "damaged_frame", await line.answer_to([frame]))


async def _repeated(line: Line, book: Book) -> None:
    frames = line.sender.frames(0x0200, line.location)
    if await line.answer_to(frames) is None:
        book.lacking("repeated_frame", "not even the first one was acknowledged")
    else:
        _judge(book, "repeated_frame", await line.answer_to(frames))


async def _bytewise(line: Line, book: Book) -> None:
    frames = line.sender.frames(0x0200, line.location)
    _judge(book, "bytewise", await line.answer_to(frames, bytewise=True))


async def _sub_packages(line: Line, book: Book) -> None:
    many = [line.location] * (MAX_BATCH_ITEMS * LONG_BATCHES)
    items = b"".join(body[3:] for body in batch_bodies(many))
    body = len(many).to_bytes(2, "big") + b"\x01" + items
    _judge(book, "sub_packages", await line.answer_to(line.sender.frames(0x0704, body)))


async def _heartbeat(line: Line, book: Book) -> None:
    _judge(book, "heartbeat", await line.answer_to(line.sender.frames(0x0002, b"")))


async def _unsupported(line: Line, book: Book) -> None:
    ack = await line.answer_to(line.sender.frames(UNKNOWN, b"\x00"))
    _judge(book, "unsupported", ack, NOT_SUPPORTED)


PROBES: tuple[Callable[[Line, Book], Awaitable[None]], ...] = (
    _damaged,
    _repeated,
    _bytewise,
    _sub_packages,
    _heartbeat,
    _unsupported,
)


async def probe(
    address: tuple[str, int],
    sender: Sender,
    code: str,
    location: bytes,
    *,
    limit_s: float,
    book: Book,
) -> None:
    """A report before the log-in, the log-in, then every probe. Raises OSError."""
    reader, writer = await asyncio.open_connection(*address)
    line = Line(reader, writer, sender, location, limit_s, Framer())
    try:
        [early] = sender.frames(0x0200, location)
        writer.write(early)
        acks = await line.acks(min(SILENCE_S, line.limit_s), lambda _: True)
        told = [ack for ack in acks if ack["result"] == 0]
        book.note("before_log_in", not told, f"it was acknowledged: {told}")
        if await line.answer_to(sender.frames(0x0102, log_in(sender.identity, code))) is None:
            book.lacking("log_in", f"{sender.identity}: no answer after a report came too early")
            return
        for one in PROBES:
            await one(line, book)
    finally:
        writer.close()
