"""The embedded MQTT broker for demos and tests, when no broker's URL is set.

It runs in a child process: its library logs, warns and schedules as it likes without touching our
event loop. The child ends when its standard input does, so it never outlives us. Run as a module
it is that child: `python -m gateway.broker HOST PORT`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from typing import Any

START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 5.0
SHUTDOWN_LIMIT_S = 1.0
_READY = b"ready\n"


class BrokerProblem(Exception):
    """The embedded broker does not start; the text says why and what to do."""


class EmbeddedBroker:
    """A broker on `host:port` (0: a free port) in a child process. Raises BrokerProblem."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start, and wait until it listens."""
        if not self.port:
            with socket.create_server((self.host, 0)) as probe:
                self.port = probe.getsockname()[1]
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-W", "ignore", "-m", "gateway.broker", self.host, str(self.port),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                line = await self._process.stdout.readline()
        except TimeoutError:
            line = b"timeout\n"
        if line != _READY:
            await self.stop()
            reason = line.decode(errors="replace").strip() or "it ended at once"
            raise BrokerProblem(
                f"the embedded MQTT broker did not start on {self.host}:{self.port} ({reason}); "
                "choose another port with XUNJI_MQTT__EMBEDDED_PORT, or set XUNJI_MQTT__URL to "
                "your own broker"
            )

    async def stop(self) -> None:
        """End the child and wait for it."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _config(host: str, port: int) -> dict[str, Any]:
    return {
        "listeners": {"default": {"type": "tcp", "bind": f"{host}:{port}"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }


async def _serve(host: str, port: int) -> None:
    from amqtt.broker import Broker  # noqa: PLC0415 only the child needs it

    broker = Broker(_config(host, port))
    await broker.start()
    sys.stdout.buffer.write(_READY)
    sys.stdout.buffer.flush()
    loop = asyncio.get_running_loop()
    parent_gone = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(parent_gone), sys.stdin)
    await parent_gone.read()
    # Its shutdown may wait for a client for ever, and keeps the port: a server that was killed and
    # started again could not have it.
    loop.call_later(SHUTDOWN_LIMIT_S, os._exit, 0)
    await broker.shutdown()


def main() -> None:
    """The child: serve until standard input ends."""
    logging.disable(logging.CRITICAL)
    try:
        asyncio.run(_serve(sys.argv[1], int(sys.argv[2])))
    except Exception as error:
        cause = error.__cause__ or error
        print(str(cause) or repr(cause), flush=True)


if __name__ == "__main__":
    main()
