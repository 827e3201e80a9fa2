"""A real HTTP receiver of webhooks, as its owner would write it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.signature import ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, signature_is_right

SECRET = "the receiver's own secret"


@dataclass
class Receiver:
    """What came, and how to answer: the statuses in order, then 200 for ever."""

    port: int = 0
    statuses: list[int] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    bad_signatures: int = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook?from=xunji"

    async def answer(self, request: Request) -> Response:
        """Check the signature before anything else."""
        body = await request.body()
        stamp = int(request.headers[TIMESTAMP_HEADER])
        if not signature_is_right(SECRET, stamp, body, request.headers[SIGNATURE_HEADER]):
            self.bad_signatures += 1
            return Response(status_code=400)
        self.ids.append(request.headers[ID_HEADER])
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            self.received.append(json.loads(body))
        headers = {"Location": "http://127.0.0.1:1/"} if status == 302 else None
        return Response(status_code=status, headers=headers)


@asynccontextmanager
async def receiver(*statuses: int) -> AsyncIterator[Receiver]:
    """A receiver on a free port."""
    found = Receiver(statuses=list(statuses))
    app = Starlette(routes=[Route("/hook", found.answer, methods=["POST"])])
    listening = socket.create_server(("127.0.0.1", 0))
    found.port = listening.getsockname()[1]
    config = uvicorn.Config(app, log_level="critical", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield found
    finally:
        server.should_exit = True
        await task
        listening.close()
