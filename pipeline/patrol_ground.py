"""What inspectors' shifts are judged on: grid cells, their assignments, and our own outages."""

from __future__ import annotations

import asyncio

import msgspec

from geofence.index import FenceIndex
from model.rulebook import Rulebook
from storage.database import Connection
from storage.rulebook import current_revision, load_rulebook


class PatrolGround:
    """Read once a revision of the rulebook."""

    def __init__(self) -> None:
        self._known: tuple[Rulebook, FenceIndex] | None = None
        self._reading = asyncio.Lock()

    async def read(self, conn: Connection, now_us: int) -> tuple[Rulebook, FenceIndex]:
        """The rulebook without what is no ground, and the index of its fences."""
        async with self._reading:
            if self._known is None or self._known[0].revision != await current_revision(conn):
                rulebook = await load_rulebook(conn, now_us)
                owed = tuple(a for a in rulebook.assignments if a.purpose == "grid")
                ids = {a.fence_id for a in owed}
                fences = tuple(f for f in rulebook.fences if "grid" in f.tags or f.id in ids)
                known = msgspec.structs.replace(
                    rulebook, fences=fences, assignments=owed, rules=(), shifts=(), permits=(),
                    waybills=(), sightings=(),
                )  # fmt: skip
                self._known = known, await asyncio.to_thread(FenceIndex, fences)
            return self._known
