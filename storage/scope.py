"""Who may see what: the one place that turns a user into organisations.

A user sees the own organisation and those below it. A violation is visible, too, to the
organisation responsible for its place. Every query takes the list made here as `organisations`.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from psycopg import AsyncConnection

MAX_CACHED_SCOPES = 1_000
CACHE_SECONDS = 5.0

# For queries with `violations AS v` and the parameter `organisations`.
VIOLATION_IS_VISIBLE = (
    "(v.organisation_id = ANY(%(organisations)s)"
    " OR v.responsible_organisation_id = ANY(%(organisations)s))"
)

_BELOW = """
WITH RECURSIVE below AS (
    SELECT id FROM organisations WHERE id = %s
    UNION
    SELECT o.id FROM organisations o JOIN below ON o.parent_id = below.id
)
SELECT id FROM below ORDER BY id
"""


async def visible_organisations(conn: AsyncConnection[Any], organisation_id: int) -> list[int]:
    """Ids of a user's organisation and of all below it; empty when it does not exist."""
    cursor = await conn.execute(_BELOW, (organisation_id,))
    return [row[0] for row in await cursor.fetchall()]


class ScopeCache:
    """`visible_organisations`, remembered for a few seconds; the least recent ones make room."""

    def __init__(self, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        self._known: OrderedDict[int, tuple[float, list[int]]] = OrderedDict()

    async def of(self, conn: AsyncConnection[Any], organisation_id: int) -> list[int]:
        """As `visible_organisations`, at most CACHE_SECONDS old."""
        now_s = self._monotonic_s()
        known = self._known.get(organisation_id)
        if known is not None and now_s - known[0] < CACHE_SECONDS:
            return known[1]
        visible = await visible_organisations(conn, organisation_id)
        self._known[organisation_id] = (now_s, visible)
        self._known.move_to_end(organisation_id)
        if len(self._known) > MAX_CACHED_SCOPES:
            self._known.popitem(last=False)
        return visible
