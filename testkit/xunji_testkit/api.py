"""The server's HTTP API, as far as tests need more of it than a line of JSON."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

LIMIT_S = 60


class ApiError(Exception):
    """The server refused a request; `status` and `body` are its answer."""

    def __init__(self, method: str, path: str, status: int, body: str) -> None:
        super().__init__(f"{method} {path}: {status} {body}")
        self.status = status
        self.body = body


class Api:
    """JSON in, JSON out, as one user."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/api/v1"
        self._token: str | None = None

    def log_in(self, username: str, password: str) -> None:
        """Everything from here on is asked as this user."""
        answer = self.call("POST", "/login", {"username": username, "password": password})
        self._token = answer["token"]

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """One request. Raises ApiError for any answer but a good one."""
        if query:
            path = f"{path}?{urlencode(query)}"
        request = Request(f"{self._url}{path}", method=method)
        request.add_header("Content-Type", "application/json")
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        data = None if body is None else json.dumps(body).encode()
        try:
            with urlopen(request, data, timeout=LIMIT_S) as answer:
                text = answer.read()
        except HTTPError as error:
            with error:
                raise ApiError(method, path, error.code, error.read().decode()) from None
        return json.loads(text) if text else None
