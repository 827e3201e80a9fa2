"""What a simulator asks of a server whose database is away for a moment."""

from __future__ import annotations

import asyncio

import pytest

from simulators import api_client
from simulators.api_client import ApiClient, ApiProblem


async def asked(method: str, *statuses: str) -> list[str]:
    """A request to a server that answers so, one after the other; what is left of the answers."""
    left = list(statuses)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {left.pop(0)}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]"
        writer.write(head.encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        async with ApiClient(f"http://127.0.0.1:{port}") as api:
            assert await api.request(method, "/violations") == []
    return left


async def test_a_question_is_asked_again_and_an_order_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(api_client, "AWAY_WAIT_S", 0.01)
    away = "503 Service Unavailable"
    assert await asked("GET", away, away, "200 OK") == []
    with pytest.raises(ApiProblem, match="503"):
        await asked("POST", away, "200 OK")
    monkeypatch.setattr(api_client, "AWAY_LIMIT_S", 0.0)
    with pytest.raises(ApiProblem, match="503"):
        await asked("GET", away, away, away)
