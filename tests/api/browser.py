"""The application as a client sees it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from fastapi import FastAPI

from api.app import create_app
from api.services import Services
from api.state import AppState
from tests.api.town import PASSWORD, Town


class Browser:
    """The application as a client sees it, with a token for each user that has logged in."""

    def __init__(self, town: Town, client: httpx.AsyncClient) -> None:
        self.town = town
        self.client = client
        self._tokens: dict[str, str] = {}

    @property
    def state(self) -> AppState:
        """Of the application, where it is in this process."""
        state: AppState = self.client._transport.app.state.xunji  # type: ignore[attr-defined]
        return state

    async def token(self, username: str) -> str:
        """Log in once a user."""
        if username not in self._tokens:
            answer = await self.client.post(
                "/api/v1/login", json={"username": username, "password": PASSWORD}
            )
            assert answer.status_code == 200, answer.text
            self._tokens[username] = answer.json()["token"]
        return self._tokens[username]

    async def send(self, username: str, method: str, path: str, **given: Any) -> httpx.Response:
        """A request of a user."""
        headers = {"Authorization": f"Bearer {await self.token(username)}"}
        return await self.client.request(method, f"/api/v1{path}", headers=headers, **given)

    async def get(self, username: str, path: str, **params: Any) -> Any:
        """The JSON of a GET that must succeed."""
        answer = await self.send(username, "GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, username: str, path: str, body: Any = None) -> Any:
        """The JSON of a POST that must succeed."""
        answer = await self.send(username, "POST", path, json={} if body is None else body)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    async def finished(self, username: str, path: str, job_id: int) -> dict[str, Any]:
        """A job below a path, when it waits and runs no more."""
        for _ in range(600):
            found: dict[str, Any] = await self.get(username, f"{path}/{job_id}")
            if found["state"] not in ("waiting", "running"):
                return found
            await asyncio.sleep(0.05)
        raise AssertionError("not done in half a minute")


def browser_of(town: Town, services: Services | None = None) -> Browser:
    """A browser over a new application; close its client."""
    return _browser(town, create_app(services or town.services))


_SHARED: list[FastAPI] = []


def shared_browser_of(town: Town) -> Browser:
    """A browser over the worker's one application, which from now on serves this town: with each
    new one FastAPI spends most of a second on its routes."""
    if not _SHARED:
        _SHARED.append(create_app(town.services))
    _SHARED[0].state.xunji = AppState.of(town.services)
    return _browser(town, _SHARED[0])


def _browser(town: Town, app: FastAPI) -> Browser:
    transport = httpx.ASGITransport(app=app)
    return Browser(town, httpx.AsyncClient(transport=transport, base_url="http://xunji.test"))
