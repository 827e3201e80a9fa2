"""The town of the API's tests: violations and outbox rows as the server writes them."""

from __future__ import annotations

from tests.towns import built_town, town

__all__ = ["built_town", "town"]
