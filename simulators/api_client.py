"""The server's API as a simulator needs it: log in, read, register, set a test server's clock."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import httpx

PAGE = 500
KEEP_S = 2.0  # a server closes idle connections after 5 s: a request must not meet that moment
TIMEOUT_S = 120.0  # setting the clock waits until everything before it is judged

AWAY_LIMIT_S, AWAY_WAIT_S = 120.0, 1.0  # of a server whose database is away, and between two tries


class ApiProblem(Exception):
    """What the server answered instead, in words for the person at the command line."""


class ApiClient:
    """`async with ApiClient(url) as api`; log in before anything else."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.AsyncClient(
            base_url=f"{self.url}/api/v1",
            timeout=TIMEOUT_S,
            limits=httpx.Limits(keepalive_expiry=KEEP_S),
        )
        self._account: tuple[str, str] | None = None

    async def __aenter__(self) -> ApiClient:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def log_in(self, username: str, password: str) -> None:
        """Keep the token for all that follows; asks for a new one when it expires."""
        self._account = (username, password)
        self._http.headers.pop("Authorization", None)
        answer = await self._once(
            "POST", "/login", json={"username": username, "password": password}
        )
        self._http.headers["Authorization"] = f"Bearer {answer['token']}"

    async def request(self, method: str, path: str, **options: Any) -> Any:
        """One call; the decoded answer. Raises ApiProblem."""
        try:
            return await self._once(method, path, **options)
        except _Expired:
            assert self._account is not None
            await self.log_in(*self._account)
            return await self._once(method, path, **options)

    async def _once(self, method: str, path: str, **options: Any) -> Any:
        until_s = time.monotonic() + AWAY_LIMIT_S
        while True:
            try:
                answer = await self._http.request(method, path, **options)
            except httpx.HTTPError as error:
                raise ApiProblem(f"{self.url} does not answer: {error!r}") from error
            away = answer.status_code == httpx.codes.SERVICE_UNAVAILABLE and method == "GET"
            if not away or time.monotonic() > until_s:
                break
            await asyncio.sleep(AWAY_WAIT_S)
        if answer.status_code == 401 and self._account and path != "/login":
            raise _Expired
        if answer.is_error:
            raise ApiProblem(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json() if answer.content else None

    async def violations(self) -> list[dict[str, Any]]:
        """Every visible violation, newest first."""
        found: list[dict[str, Any]] = []
        while True:
            before = {"before_id": found[-1]["id"]} if found else {}
            page = await self.request("GET", "/violations", params={"limit": PAGE, **before})
            found += page
            if len(page) < PAGE:
                return found

    async def identities(self) -> dict[int, str]:
        """Identity of every visible device by its id."""
        devices = await self.request("GET", "/devices")
        return {device["id"]: device["identity"] for device in devices}

    async def set_clock(self, now_us: int) -> None:
        """Move a test server's time forward; returns when all before it is judged."""
        now = datetime.fromtimestamp(now_us / 1e6, UTC).isoformat()
        await self.request("POST", "/test/clock", json={"now": now})


class _Expired(Exception):
    pass
