"""A town in a fresh database, and a browser over an application that serves it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.api.browser import Browser, shared_browser_of
from tests.api.town import Town
from tests.towns import built_town, town

__all__ = ["built_town", "town"]


@pytest.fixture
async def browser(town: Town) -> AsyncIterator[Browser]:
    """Requests straight into the application."""
    found = shared_browser_of(town)
    async with found.client:
        yield found
