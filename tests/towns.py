"""The town of the API's tests, built once a worker: each test gets a copy of its database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from storage.database import open_database
from tests.api.town import Town, build_town
from tests.servers import REPOSITORY, DatabaseServer, fresh, run_async


@pytest.fixture(scope="session")
def built_town(plain_server: DatabaseServer) -> Iterator[Town]:
    """The town that the others are copies of; its database is closed."""
    url, built = plain_server.create(), list[Town]()

    async def build() -> None:
        database = await open_database(url, REPOSITORY)
        try:
            built.append(await build_town(database))
        finally:
            await database.close()

    run_async(build)
    yield built[0]
    plain_server.drop(url)


@pytest.fixture
async def town(
    plain_server: DatabaseServer, built_town: Town, tmp_path: Path
) -> AsyncIterator[Town]:
    """The town on plain PostgreSQL, with a data folder of its own."""
    async for database in fresh(plain_server, like=built_town.database.url):
        found = built_town.copied(database)
        found.services.settings.data_dir = tmp_path
        yield found
