"""The town of the API's tests: violations and outbox rows as the server writes them."""

from __future__ import annotations

import pytest

from storage.database import Database
from tests.api.town import Town, build_town


@pytest.fixture
async def town(plain_database: Database) -> Town:
    """The town on plain PostgreSQL."""
    return await build_town(plain_database)
