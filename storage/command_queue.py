"""The gateway's side of table `commands`: take what is queued, note what became of it.

A command is marked as sent before its bytes leave: a crash in between loses it (the officer sees
"sent" without an answer and can warn again), while the other order would tell a driver twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from psycopg.rows import class_row
from psycopg_pool import AsyncConnectionPool

from storage.database import Connection
from storage.instants import to_datetime
from storage.json_text import jsonb
from storage.problems import AWAY, StorageAway

_Record = TypeVar("_Record")

MAX_TAKEN = 256  # commands taken at once


@dataclass(frozen=True, slots=True)
class QueuedCommand:
    """A command to be delivered to a device."""

    id: int
    organisation_id: int
    device_id: int
    kind: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Waiting:
    device_id: int


@dataclass(frozen=True, slots=True)
class CommandChange:
    """A command whose state has changed."""

    id: int
    organisation_id: int


_WAITING = """
SELECT DISTINCT device_id FROM commands WHERE state = 'queued' AND expires_at > %(now)s
"""
_TAKE = """
UPDATE commands SET state = 'sent', sent_at = %(now)s
WHERE id IN (
    SELECT id FROM commands
    WHERE state = 'queued' AND device_id = ANY(%(devices)s) AND expires_at > %(now)s
    ORDER BY id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING id, organisation_id, device_id, kind, body
"""
_GIVE_BACK = """
UPDATE commands SET state = 'queued', sent_at = NULL WHERE id = %(id)s AND state = 'sent'
RETURNING id, organisation_id
"""
# A task is answered several times: when it has come, was read, was done.
_ANSWER = """
WITH first AS (
    UPDATE commands SET state = 'answered', answered_at = %(now)s, result = %(result)s,
        answer = %(details)s
    WHERE device_id = %(device)s AND state IN ('sent', 'expired') AND answered_at IS NULL
      AND id = CASE WHEN %(kind)s = '' THEN %(id)s ELSE (
          SELECT max(id) FROM commands WHERE device_id = %(device)s AND kind = %(kind)s
           AND state IN ('sent', 'expired') AND answered_at IS NULL) END
    RETURNING id, organisation_id),
task AS (
    UPDATE patrol_tasks SET delivered_at = coalesce(delivered_at, %(now)s),
        read_at = CASE WHEN %(result)s IN ('read', 'done') THEN coalesce(read_at, %(now)s)
                       ELSE read_at END,
        done_at = CASE WHEN %(result)s = 'done' AND kind = 'task' THEN coalesce(done_at, %(now)s)
                       ELSE done_at END
    WHERE command_id = %(id)s AND device_id = %(device)s
      AND %(result)s IN ('received', 'read', 'done')
    RETURNING command_id AS id, organisation_id)
SELECT * FROM first UNION SELECT * FROM task
"""
_EXPIRE = """
UPDATE commands SET state = 'expired' WHERE state IN ('queued', 'sent') AND expires_at <= %(now)s
RETURNING id, organisation_id
"""


class CommandQueue:
    """Commands over a connection pool. Every method raises StorageAway without a database."""

    def __init__(self, pool: AsyncConnectionPool[Connection]) -> None:
        self._pool = pool

    async def waiting(self, now_us: int) -> set[int]:
        """Devices with queued commands: few, whoever is connected."""
        rows = await self._run(_WAITING, {"now": to_datetime(now_us)}, _Waiting)
        return {row.device_id for row in rows}

    async def take(self, device_ids: Sequence[int], now_us: int) -> list[QueuedCommand]:
        """Queued commands of these devices, oldest first, now marked as sent."""
        values = {"devices": list(device_ids), "now": to_datetime(now_us), "most": MAX_TAKEN}
        taken = await self._run(_TAKE, values, QueuedCommand)
        return sorted(taken, key=lambda command: command.id)

    async def give_back(self, command_id: int) -> list[CommandChange]:
        """The terminal had gone before the command could leave: queue it again."""
        return await self._run(_GIVE_BACK, {"id": command_id}, CommandChange)

    async def answer(
        self,
        command_id: int,
        device_id: int,
        result: str,
        now_us: int,
        details: dict[str, Any] | None = None,
        *,
        kind: str = "",
    ) -> list[CommandChange]:
        """The first answer of the command's own terminal counts, even when it comes late.

        `details`: what the answer says, by field. `kind`: it is for the last one of this kind.
        """
        values = {
            "id": command_id,
            "device": device_id,
            "result": result,
            "now": to_datetime(now_us),
            "details": jsonb(details) if details else None,
            "kind": kind,
        }
        return await self._run(_ANSWER, values, CommandChange)

    async def expire(self, now_us: int) -> list[CommandChange]:
        """Give up on commands whose time is over, unsent or unanswered."""
        return await self._run(_EXPIRE, {"now": to_datetime(now_us)}, CommandChange)

    async def _run(
        self, query: str, values: dict[str, Any], record: type[_Record]
    ) -> list[_Record]:
        try:
            async with (
                self._pool.connection() as conn,
                conn.cursor(row_factory=class_row(record)) as cursor,
            ):
                await cursor.execute(query.encode(), values)
                return await cursor.fetchall()
        except AWAY as error:
            raise StorageAway(str(error)) from error
