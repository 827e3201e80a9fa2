"""A JT/T 808 terminal on a TCP connection: registers, logs in, reports, keeps what is not acked.

Unacknowledged reports are sent again, byte for byte, after a reconnect or when their answer is
long overdue. Texts (0x8300) are answered after a human delay.
"""

from __future__ import annotations

import asyncio
import random
import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from protocols.contract import ProtocolError
from protocols.jt808.framing import Framer, unwrap
from protocols.jt808.header import Header, pack_frames, pack_phone, parse_header
from protocols.jt808.messages import decode_body, encode_body

MAX_UNACKNOWLEDGED = 30_000  # serials are 16 bits: more could not be told apart
HEARTBEAT_S = 60.0
LOG_IN_S = 30.0
GOODBYE_S = 2.0
RESEND_AFTER_S = 20.0
RECONNECT_S = (0.5, 1.0, 2.0, 5.0, 10.0)
READ_BYTES = 65_536
_ACK = struct.Struct(">HHB")
LOCATION, BATCH = 0x0200, 0x0704


class Refused(Exception):
    """The server does not know this terminal (0x8100 result 4, or 0x0102 refused)."""


def _joined(frames: Sequence[bytes]) -> list[bytes]:
    return [b"".join(frames)]


class Jt808Terminal:
    """One terminal. `sent`, `acknowledged` and `refused` (answered with an error) count reports.

    `texts`: what the server told the driver. `pieces`: what a faulty line makes of frames, one
    write each. `read_pause_s`: waits so long before each read.
    """

    def __init__(
        self,
        address: tuple[str, int],
        identity: str,
        *,
        version: int = 2013,
        plate: str = "",
        chance: random.Random | None = None,
        answer_delay_s: tuple[float, float] = (2.0, 7.0),
    ) -> None:
        self.identity = identity
        self.sent = self.acknowledged = self.refused = 0
        self.texts: list[str] = []
        self._address = address
        self._version = str(version)
        self._phone = pack_phone(identity, self._version)
        self._plate = plate
        self._chance = chance or random.Random(identity)
        self._answer_delay_s = answer_delay_s
        self.pieces: Callable[[Sequence[bytes]], list[bytes]] = _joined
        self.read_pause_s = 0.0
        self._serial = 0
        self._code: str | None = None
        self._kept: dict[int, bytes] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._online = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._answers: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._awaited: asyncio.Future[tuple[Header, dict[str, Any]]] | None = None
        self._failure: Exception | None = None
        self._stopping = False

    async def start(self) -> None:
        """Connect and log in; reconnects by itself from then on. Raises Refused."""
        self._task = asyncio.create_task(self._run())
        online = asyncio.create_task(self._online.wait())
        await asyncio.wait({self._task, online}, return_when=asyncio.FIRST_COMPLETED)
        online.cancel()
        if self._failure:
            raise self._failure

    async def stop(self) -> None:
        """Say good-bye, let the server close, and end."""
        self._stopping = True
        if self._task and self._writer is not None and self._online.is_set():
            self._write(0x0003, b"")
            self._writer.write_eof()
            await asyncio.wait([self._task], timeout=GOODBYE_S)
        for task in (*self._answers, *filter(None, [self._task])):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await self._disconnect()

    def report(self, locations: Sequence[bytes], batches: Iterable[bytes] = ()) -> None:
        """Send 0x0200 and 0x0704 bodies; they are kept until the server acknowledges them."""
        pieces = self.compose(locations, batches)
        if pieces and self._online.is_set() and self._writer is not None:
            for piece in pieces:
                self._writer.write(piece)

    def compose(self, locations: Sequence[bytes], batches: Iterable[bytes] = ()) -> list[bytes]:
        """What `report` writes, piece by piece; the reports count as sent."""
        frames = [self._keep(LOCATION, body) for body in locations]
        frames += [self._keep(BATCH, body) for body in batches]
        return self.pieces(frames) if frames else []

    def registration_frame(self) -> bytes:
        """The 0x0100 that a terminal without a code begins with."""
        return self._frame(0x0100, encode_body(0x0100, self._registration(), self._version))

    def forget(self) -> None:
        """Keep nothing for sending again: nobody will acknowledge it."""
        self._kept.clear()

    def drop(self) -> None:
        """Lose the connection, as under a bridge; the terminal connects anew by itself."""
        if self._writer is not None:
            self._writer.transport.abort()

    async def drained(self) -> None:
        """Wait until every report is acknowledged; what is overdue is sent again."""
        while self._kept:
            self._drained.clear()
            try:
                await asyncio.wait_for(self._drained.wait(), RESEND_AFTER_S)
            except TimeoutError:
                self._resend()
            if self._failure:
                raise self._failure

    def _keep(self, message_id: int, body: bytes) -> bytes:
        if len(self._kept) >= MAX_UNACKNOWLEDGED:
            raise OverflowError("the server acknowledges too little: the terminal's memory is full")
        frame = self._frame(message_id, body)
        self._kept[(self._serial - 1) & 0xFFFF] = frame
        self.sent += 1
        return frame

    def _frame(self, message_id: int, body: bytes) -> bytes:
        protocol_version = 1 if self._version == "2019" else None
        frames = pack_frames(
            message_id, body, self._phone, self._serial, protocol_version=protocol_version
        )
        self._serial = (self._serial + 1) & 0xFFFF
        return frames[0]

    def _write(self, message_id: int, body: bytes) -> None:
        if self._writer is not None:
            self._writer.write(self._frame(message_id, body))

    def _resend(self) -> None:
        if self._online.is_set() and self._writer is not None:
            self._writer.write(b"".join(self._kept.values()))

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                await self._session()
                failures = 0
            except Refused as error:
                await self._disconnect()
                self._failure = error
                self._drained.set()
                return
            except OSError:
                failures += 1
            await self._disconnect()
            if self._stopping:
                return
            await asyncio.sleep(RECONNECT_S[min(failures, len(RECONNECT_S) - 1)])

    async def _disconnect(self) -> None:
        self._online.clear()
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)

    async def _session(self) -> None:
        reader, self._writer = await asyncio.open_connection(*self._address)
        reading = asyncio.create_task(self._read(reader))
        try:
            await self._log_in(reading)
            self._online.set()
            self._resend()
            await reading
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _log_in(self, reading: asyncio.Task[None]) -> None:
        if self._code is None:
            body = encode_body(0x0100, self._registration(), self._version)
            _, answer = await self._ask(0x0100, body, reading)
            if answer.get("result") != 0:
                raise Refused(f"terminal {self.identity}: registration refused, {answer}")
            self._code = str(answer["token"])
        values = {"token": self._code, "imei": "86" + self.identity.rjust(13, "0")[-13:]}
        values["software_version"] = "xunji-simulator"
        _, answer = await self._ask(0x0102, encode_body(0x0102, values, self._version), reading)
        if answer.get("result") != 0:
            self._code = None
            raise Refused(f"terminal {self.identity}: log-in refused, {answer}")

    def _registration(self) -> dict[str, Any]:
        return {
            "province": 99,
            "city": 1,
            "maker_id": "XUNJI",
            "model": "SIMULATOR",
            "terminal_id": self.identity[-7:],
            "plate_color": 2 if self._plate else 0,
            "plate": self._plate,
        }

    async def _ask(
        self, message_id: int, body: bytes, reading: asyncio.Task[None]
    ) -> tuple[Header, dict[str, Any]]:
        awaited: asyncio.Future[tuple[Header, dict[str, Any]]]
        awaited = self._awaited = asyncio.get_running_loop().create_future()
        self._write(message_id, body)
        either: set[asyncio.Future[Any]] = {awaited, reading}
        await asyncio.wait(either, timeout=LOG_IN_S, return_when=asyncio.FIRST_COMPLETED)
        if not awaited.done():
            raise ConnectionError("no answer to the log-in")
        return awaited.result()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        framer = Framer()
        while True:
            if self.read_pause_s:
                await asyncio.sleep(self.read_pause_s)
            try:
                data = await asyncio.wait_for(reader.read(READ_BYTES), HEARTBEAT_S)
            except TimeoutError:
                self._write(0x0002, b"")
                continue
            if not data:
                raise ConnectionResetError("closed by the server")
            for piece, reason in framer.feed(data):
                if reason is None:
                    self._receive(unwrap(piece))

    def _receive(self, frame: bytes) -> None:
        header = parse_header(frame)
        if header.message_id == 0x8001:
            serial, message_id, result = _ACK.unpack_from(frame, header.body_at)
            if message_id in (LOCATION, BATCH):
                self._settle(serial, result)
                return
        try:
            body = decode_body(header.message_id, frame[header.body_at : -1], self._version)
        except ProtocolError:
            return
        if header.message_id == 0x8300:
            self.texts.append(str(body["text"]))
            self._answer_later(header)
        elif header.message_id in (0x8001, 0x8100) and self._awaited and not self._awaited.done():
            self._awaited.set_result((header, body))

    def _settle(self, serial: int, result: int) -> None:
        if self._kept.pop(serial, None) is None:
            return
        self.acknowledged += 1
        self.refused += result != 0
        if not self._kept:
            self._drained.set()

    def _answer_later(self, asked: Header) -> None:
        async def answer() -> None:
            await asyncio.sleep(self._chance.uniform(*self._answer_delay_s))
            self._write(0x0001, _ACK.pack(asked.serial, asked.message_id, 0))

        task = asyncio.create_task(answer())
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)
