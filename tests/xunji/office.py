"""A whole server over a new database, and its API as a chief sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from simulators.api_client import ApiClient
from storage.users import create_user
from tests.servers import DatabaseServer
from tests.xunji.test_replay import settings
from xunji.server import Server

PASSWORD = "correct horse battery"


@asynccontextmanager
async def office(
    databases: DatabaseServer, folder: Path, **gateway: Any
) -> AsyncIterator[tuple[Server, ApiClient]]:
    """`gateway`: settings of the gateway by name."""
    url = databases.create()
    given = settings(url, folder)
    for name, value in gateway.items():
        setattr(given.gateway, name, value)
    async with Server(given) as server, ApiClient(server.url) as api:
        async with server.database.pool.connection() as conn:
            await create_user(
                conn, organisation_id=1, username="chief", display_name="c", role="chief",
                password=PASSWORD,
            )  # fmt: skip
        await api.log_in("chief", PASSWORD)
        yield server, api
    databases.drop(url)


async def until(look: Callable[[], Awaitable[Any]]) -> Any:
    """What it sees at last; TimeoutError after 20 s."""
    async with asyncio.timeout(20):
        while not (found := await look()):
            await asyncio.sleep(0.02)
    return found
