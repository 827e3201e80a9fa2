"""A JT/T 808 terminal by TCP or UDP: `logic` and a socket that reconnects by itself."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Sequence

from simulators.terminal.datagrams import DatagramWriter, open_datagrams
from simulators.terminal.logic import Measure, Refused, TerminalLogic

__all__ = ["Jt808Terminal", "Refused"]

GOODBYE_S = 2.0
# Reports that come from outside between two ticks are looked after at the next one.
TICK_AT_LEAST_S, TICK_AT_MOST_S = 0.01, 5.0
RECONNECT_S = (0.5, 1.0, 2.0, 5.0, 10.0)
READ_BYTES = 65_536


async def _open_stream(
    address: tuple[str, int],
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(*address)


class Jt808Terminal:
    """One terminal; counts and texts as in `TerminalLogic`. `read_pause_s`: waits before each read.

    `logic`: another one, of other habits. `reconnect_s`: waits after each failure in a row.
    `udp`: a datagram a frame.
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
        measure: Measure | None = None,
        logic: TerminalLogic | None = None,
        reconnect_s: Sequence[float] = RECONNECT_S,
        udp: bool = False,
    ) -> None:
        self.logic = logic or TerminalLogic(
            identity,
            version=version,
            plate=plate,
            chance=chance,
            answer_delay_s=answer_delay_s,
            measure=measure,
        )
        self.identity = identity
        self.read_pause_s = 0.0
        self._address = address
        self._reconnect_s = reconnect_s
        self._open = open_datagrams if udp else _open_stream
        self._writer: asyncio.StreamWriter | DatagramWriter | None = None
        self._online = asyncio.Event()
        self._drained = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def sent(self) -> int:
        """Reports sent."""
        return self.logic.sent

    @property
    def acknowledged(self) -> int:
        """Reports acknowledged."""
        return self.logic.acknowledged

    @property
    def refused(self) -> int:
        """Reports answered with an error."""
        return self.logic.refused

    @property
    def texts(self) -> list[str]:
        """What the driver was told."""
        return self.logic.texts

    @property
    def pieces(self) -> Callable[[Sequence[bytes]], list[bytes]]:
        """What a faulty line makes of frames, one write each."""
        return self.logic.pieces

    @pieces.setter
    def pieces(self, made: Callable[[Sequence[bytes]], list[bytes]]) -> None:
        self.logic.pieces = made

    async def start(self) -> None:
        """Connect and log in; reconnects by itself from then on. Raises Refused."""
        self._task = asyncio.create_task(self._run())
        online = asyncio.create_task(self._online.wait())
        await asyncio.wait({self._task, online}, return_when=asyncio.FIRST_COMPLETED)
        online.cancel()
        if self.logic.failure:
            raise self.logic.failure

    async def stop(self) -> None:
        """Say good-bye, let the server close, and end."""
        self._stopping = True
        if self._task and self._writer is not None and self._online.is_set():
            self._write(self.logic.frames(0x0003, b""))
            self._writer.write_eof()
            await asyncio.wait([self._task], timeout=GOODBYE_S)
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._disconnect()

    def report(self, locations: Sequence[bytes], batches: Iterable[bytes] = ()) -> None:
        """Send 0x0200 and 0x0704 bodies; they are kept until the server acknowledges them."""
        self.logic.now_s = time.time()
        self._write(self.logic.report(locations, batches))

    def compose(self, locations: Sequence[bytes], batches: Iterable[bytes] = ()) -> list[bytes]:
        """What `report` writes, piece by piece; the reports count as sent."""
        return self.logic.compose(locations, batches)

    def registration_frame(self) -> bytes:
        """The 0x0100 that a terminal without a code begins with."""
        return self.logic.registration_frame()

    def forget(self) -> None:
        """Keep nothing for sending again: nobody will acknowledge it."""
        self.logic.forget()

    def drop(self) -> None:
        """Lose the connection, as under a bridge; the terminal connects anew by itself."""
        if self._writer is not None:
            self._writer.transport.abort()

    async def drained(self) -> None:
        """Wait until every report is acknowledged; what is overdue is sent again meanwhile."""
        while not self.logic.drained:
            self._drained.clear()
            await self._drained.wait()
            if self.logic.failure:
                raise self.logic.failure

    def _write(self, pieces: Iterable[bytes]) -> None:
        if self._writer is not None:
            for piece in pieces:
                self._writer.write(piece)

    async def _run(self) -> None:
        failures = 0
        while not self.logic.failure:
            try:
                await self._session()
                failures = 0
            except OSError:
                failures += 1
            await self._disconnect()
            if self._stopping:
                return
            if not self.logic.failure:
                await self._wait(self._reconnect_s[min(failures, len(self._reconnect_s) - 1)])
        self._drained.set()

    async def _wait(self, pause_s: float) -> None:
        """Let time pass without a connection; the terminal goes on measuring."""
        until_s = time.time() + pause_s
        while (now_s := time.time()) < until_s:
            self.logic.tick(now_s)
            await asyncio.sleep(max(TICK_AT_LEAST_S, min(self.logic.due_s, until_s) - now_s))

    async def _disconnect(self) -> None:
        self._online.clear()
        self.logic.disconnected()
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)

    async def _session(self) -> None:
        reader, self._writer = await self._open(self._address)
        self._write(self.logic.connected(time.time()))
        while not self.logic.failure and not self.logic.lost:
            if self.read_pause_s:
                await asyncio.sleep(self.read_pause_s)
            pause_s = self.logic.due_s - time.time()
            try:
                async with asyncio.timeout(max(TICK_AT_LEAST_S, min(pause_s, TICK_AT_MOST_S))):
                    data = await reader.read(READ_BYTES)
            except TimeoutError:
                self._write(self.logic.tick(time.time()))
                continue
            if not data:
                raise ConnectionResetError("closed by the server")
            self._write(self.logic.receive(data, time.time()))
            self._write(self.logic.tick(time.time()))
            self._look()

    def _look(self) -> None:
        """Tell who waits how things stand now."""
        if self.logic.online:
            self._online.set()
        if self.logic.drained:
            self._drained.set()
