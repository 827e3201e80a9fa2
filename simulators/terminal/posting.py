"""Messages by HTTP: each is posted until the server says 200, which it says when it is stored."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx

from simulators.terminal.handset import Handset
from simulators.terminal.logic import Refused

KEEP_S = 20.0  # well below the 75 s after which the server lets go of a silent connection
TIMEOUT_S = 60.0
AGAIN_S = 1.0  # after a failure
KNOWN_WITHIN_S = 30.0  # a server hears of new units and tokens some seconds later
OK, SPOILT, STRANGER, LATER = 200, 400, (401, 403), (408, 429, 500, 502, 503, 504)
MAX_WAITING = 10_000  # messages of a handset on this way
PATHS = {"handset": "/handset/{}", "owntracks": "/owntracks", "osmand": "/osmand"}
Asked = dict[str, Any]


def _handset(identity: str, token: str, payload: bytes) -> Asked:
    bearer = {"Authorization": f"Bearer {token}"}
    url = PATHS["handset"].format(identity)
    return {"method": "POST", "url": url, "content": payload, "headers": bearer}


def _owntracks(identity: str, token: str, payload: bytes) -> Asked:
    user, _, device = identity.partition("/")
    headers = {"X-Limit-U": user, "X-Limit-D": device}
    asked: Asked = {"method": "POST", "url": PATHS["owntracks"], "content": payload}
    return asked | {"headers": headers, "auth": (user, token)}


def _osmand(_identity: str, token: str, payload: bytes) -> Asked:
    """JSON is posted, parameters stand in the query. The device is named in either."""
    if payload.startswith(b"{"):
        return {"method": "POST", "url": f"{PATHS['osmand']}?token={token}", "content": payload}
    return {"method": "GET", "url": f"{PATHS['osmand']}?token={token}&{payload.decode()}"}


REQUESTS: dict[str, Callable[[str, str, bytes], Asked]] = {
    "handset": _handset,
    "owntracks": _owntracks,
    "osmand": _osmand,
}


class HttpCarrier:
    """One terminal's posts, one at a time on a connection that stays open."""

    answers = True

    def __init__(
        self, address: tuple[str, int], protocol: str, identity: str, token: str = ""
    ) -> None:
        self._request, self._identity, self._token = REQUESTS[protocol], identity, token
        self._base = f"http://{address[0]}:{address[1]}"
        self._client: httpx.AsyncClient | None = None
        self._stranger_until_s = float("inf")

    async def deliver(self, payload: bytes) -> bytes | None:
        """Post until it is stored: the answer's body, None for what is none. Raises Refused."""
        asked = self._request(self._identity, self._token, payload)
        while True:
            answer = await self._post(asked)
            if answer is not None and answer.status_code in (OK, SPOILT):
                self._stranger_until_s = float("inf")
                return answer.content if answer.status_code == OK else None
            waits = ""
            if answer is not None:
                self._refuse(answer)
                waits = answer.headers.get("retry-after", "")
            await asyncio.sleep(float(waits) if waits.isdigit() else AGAIN_S)

    async def _post(self, asked: Asked) -> httpx.Response | None:
        if self._client is None:
            limits = httpx.Limits(max_connections=1, keepalive_expiry=KEEP_S)
            self._client = httpx.AsyncClient(
                base_url=self._base, limits=limits, timeout=TIMEOUT_S, trust_env=False
            )
        try:
            return await self._client.request(**asked)
        except (httpx.HTTPError, RuntimeError):  # RuntimeError: closed meanwhile by a fault
            return None

    def _refuse(self, answer: httpx.Response) -> None:
        """Raise, unless it may be otherwise later."""
        now_s, status = time.monotonic(), answer.status_code
        if status in STRANGER:
            self._stranger_until_s = min(self._stranger_until_s, now_s + KNOWN_WITHIN_S)
        too_early = status in STRANGER and now_s < self._stranger_until_s
        if not too_early and status not in LATER:
            raise Refused(f"{self._identity}: {status} {answer.text[:200]}")

    async def close(self) -> None:
        """Hang up."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


class HttpLink:
    """Carries one handset's messages by HTTP; what comes back is its acknowledgement."""

    def __init__(self, carrier: HttpCarrier) -> None:
        self._carrier = carrier
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue(MAX_WAITING)
        self._task: asyncio.Task[None] | None = None

    async def attach(self, handset: Handset) -> None:
        """Begin to post for it."""
        self._task = asyncio.create_task(self._post_for(handset))

    def publish(self, _topic: str, payload: bytes) -> None:
        """Queue a message; when there are too many the handset sends it again later."""
        if not self._waiting.full():
            self._waiting.put_nowait(payload)

    async def _post_for(self, handset: Handset) -> None:
        while True:
            answer = await self._carrier.deliver(await self._waiting.get())
            if answer:
                handset.receive("ack", answer)

    async def stop(self) -> None:
        """Hang up."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._carrier.close()
