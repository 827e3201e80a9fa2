"""A town in a fresh database, and a browser over an application that serves it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from storage.database import Database
from tests.api.town import Browser, Town, browser_of, build_town


@pytest.fixture
async def town(plain_database: Database) -> Town:
    """The town on plain PostgreSQL."""
    return await build_town(plain_database)


@pytest.fixture
async def browser(town: Town) -> AsyncIterator[Browser]:
    """Requests straight into the application."""
    found = browser_of(town)
    async with found.client:
        yield found
