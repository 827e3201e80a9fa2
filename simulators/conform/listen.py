"""The examination on a real port: the one place with a socket and a clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from simulators.conform.exam import Exam

READ_BYTES = 65_536
TICK_S = 0.05
MAX_OUT_BYTES = 1 << 20  # a terminal that does not read is hung up on


class Examiner:
    """Serves one terminal at a time; the newest connection is the terminal's."""

    def __init__(self, exam: Exam, host: str, port: int, tell: Callable[[str], None]) -> None:
        self._exam, self._host, self._port, self._tell = exam, host, port, tell
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._readers: set[asyncio.Task[None]] = set()
        self._told = 0
        self._open_again_s = 0.0
        self.peer = ""

    async def run(self) -> None:
        """Until every step is done; cancel it to end early. Raises OSError: the port is taken."""
        try:
            await self._listen()
            while not self._exam.done:
                await asyncio.sleep(TICK_S)
                self._exam.tick(time.time())
                self._write()
                await self._come_and_go()
        finally:
            await self._close()

    @property
    def listening(self) -> bool:
        """Whether a terminal may connect now."""
        return self._server is not None

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, self._host, self._port)
        self._port = self.port  # after an outage it is the same again

    async def _come_and_go(self) -> None:
        """Hang up when the examination says so, and listen again when that time is over."""
        for_s = self._exam.take_hang_up()
        if for_s is not None:
            self._open_again_s = time.time() + for_s
            await self._close()
        elif self._server is None and time.time() >= self._open_again_s:
            await self._listen()

    async def _close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        if self._writer is not None:
            self._writer.transport.abort()
        for task in tuple(self._readers):
            task.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None:
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        self._readers.add(task)
        if self._writer is not None:
            self._writer.transport.abort()
        self._writer = writer
        self.peer = str(writer.get_extra_info("peername")[0])
        self._exam.connected(time.time())
        try:
            while data := await reader.read(READ_BYTES):
                if self._writer is not writer:
                    break
                self._exam.receive(data, time.time())
                self._write()
        except (OSError, asyncio.CancelledError):
            pass  # the terminal, or we, hung up
        finally:
            self._readers.discard(task)
            if self._writer is writer:
                self._writer = None
                self._exam.disconnected(time.time())
            writer.close()

    def _write(self) -> None:
        data = self._exam.take_output()
        if data and self._writer is not None:
            self._writer.write(data)
            if self._writer.transport.get_write_buffer_size() > MAX_OUT_BYTES:
                self._writer.transport.abort()
        while self._told < len(self._exam.findings):
            finding = self._exam.findings[self._told]
            self._told += 1
            self._tell(f"{finding.verdict.outcome:<10}  {finding.step.name}: {finding.verdict.en}")
