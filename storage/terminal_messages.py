"""What terminals say besides positions and files: written in batches, listed, trimmed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from model.uploads import TerminalMessage
from storage.database import Connection
from storage.instants import to_datetime
from storage.json_text import jsonb
from storage.problems import AWAY, StorageAway

Row = dict[str, Any]
MAX_KEPT = 1_000_000  # rows; above it the oldest go
MAX_DELETED = 100_000  # rows of one run of the housekeeping

_INSERT = """
INSERT INTO terminal_messages (organisation_id, device_id, received_at, name, content)
SELECT organisation_id, id, %s, %s, %s FROM devices WHERE id = %s
"""
_SELECT = """
SELECT id, organisation_id, device_id, received_at, name, content, outcome FROM terminal_messages
WHERE organisation_id = ANY(%(organisations)s) AND device_id = %(device_id)s
  AND (%(name)s::text IS NULL OR name = %(name)s)
  AND (%(before_id)s::bigint IS NULL OR id < %(before_id)s)
ORDER BY id DESC LIMIT %(limit)s
"""
_DROP = """
DELETE FROM terminal_messages WHERE id IN (
    SELECT id FROM terminal_messages
    WHERE received_at < %(before)s OR id <= (
        SELECT id FROM terminal_messages ORDER BY id DESC OFFSET %(most)s LIMIT 1)
    ORDER BY id LIMIT %(limit)s)
"""


class TerminalMessages:
    """Where messages of terminals go."""

    def __init__(self, pool: AsyncConnectionPool[Connection]) -> None:
        self._pool = pool

    async def keep(self, messages: Sequence[TerminalMessage]) -> None:
        """Store all of them in one transaction. Raises StorageAway."""
        rows = [
            (to_datetime(m.received_us), m.name, jsonb(m.content), m.device_id) for m in messages
        ]
        try:
            async with self._pool.connection() as conn, conn.cursor() as cursor:
                await cursor.executemany(_INSERT, rows)
        except AWAY as error:
            raise StorageAway(str(error)) from error


async def list_messages(
    conn: AsyncConnection[Any], organisations: Sequence[int], filters: Row
) -> list[Row]:
    """A device's visible messages, newest first; `filters`: device_id, name, before_id, limit."""
    parameters = {**filters, "organisations": list(organisations)}
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_SELECT.encode(), parameters)
        return await cursor.fetchall()


async def drop_messages(conn: AsyncConnection[Any], before_us: int) -> int:
    """Delete what is older than the retention, or too many; rows deleted."""
    parameters = {"before": to_datetime(before_us), "most": MAX_KEPT, "limit": MAX_DELETED}
    return (await conn.execute(_DROP.encode(), parameters)).rowcount
