"""A real HTTP server that answers as the robots of DingTalk and WeCom do."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

SECRET = "SEC0123456789abcdef"
KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"


@dataclass
class Robots:
    """What both robots were told; `codes`: errcodes to answer first."""

    port: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)

    @property
    def dingtalk_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/robot/send?access_token=abc"

    @property
    def wecom_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/cgi-bin/webhook/send?key={KEY}"

    async def dingtalk(self, request: Request) -> Response:
        """As the documentation says: token, a fresh timestamp, the signature."""
        query = request.query_params
        message = f"{query.get('timestamp')}\n{SECRET}".encode()
        sign = base64.b64encode(hmac.new(SECRET.encode(), message, hashlib.sha256).digest())
        age_ms = abs(time.time() * 1000 - int(query.get("timestamp", "0")))
        if query.get("access_token") != "abc":
            return JSONResponse({"errcode": 300001, "errmsg": "token is not exist"})
        if query.get("sign") != sign.decode() or age_ms > 3_600_000:
            return JSONResponse({"errcode": 310000, "errmsg": "sign not match"})
        return await self._take(request)

    async def wecom(self, request: Request) -> Response:
        """The key stands in the URL; markdown has at most 4,096 bytes."""
        if request.query_params.get("key") != KEY:
            return JSONResponse({"errcode": 93000, "errmsg": "invalid webhook url"})
        return await self._take(request)

    async def _take(self, request: Request) -> Response:
        body = json.loads(await request.body())
        if self.codes:
            return JSONResponse({"errcode": self.codes.pop(0), "errmsg": "too fast"})
        assert body["msgtype"] == "markdown"
        assert len(json.dumps(body["markdown"], ensure_ascii=False).encode()) <= 4_200
        self.told.append(body["markdown"])
        return JSONResponse({"errcode": 0, "errmsg": "ok"})


@asynccontextmanager
async def robots() -> AsyncIterator[Robots]:
    """Both robots on a free port."""
    found = Robots()
    routes = [
        Route("/robot/send", found.dingtalk, methods=["POST"]),
        Route("/cgi-bin/webhook/send", found.wecom, methods=["POST"]),
    ]
    listening = socket.create_server(("127.0.0.1", 0))
    found.port = listening.getsockname()[1]
    config = uvicorn.Config(
        Starlette(routes=routes), log_level="critical", ws="none", timeout_graceful_shutdown=1
    )
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
