"""A town in a fresh database, and a browser over an application that serves it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Database
from tests.api.browser import Browser, browser_of
from tests.api.town import Town, build_town


@pytest.fixture
async def town(plain_database: Database, tmp_path: Path) -> Town:
    """The town on plain PostgreSQL, with a data folder of its own."""
    found = await build_town(plain_database)
    found.services.settings.data_dir = tmp_path
    return found


@pytest.fixture
async def browser(town: Town) -> AsyncIterator[Browser]:
    """Requests straight into the application."""
    found = browser_of(town)
    async with found.client:
        yield found
