"""Photos of terminals: a row each, the bytes in the media folder."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import dict_row

from model.uploads import TerminalFile
from storage.database import Database
from storage.instants import to_datetime
from storage.media import MediaStore, record_media

Row = dict[str, Any]

# The same photo again, byte for byte under the same number, is one.
_INSERT = """
INSERT INTO terminal_media (organisation_id, device_id, media_number, event, channel, taken_at,
    received_at, longitude_e6, latitude_e6, sha256, note)
SELECT organisation_id, id, %(media_number)s, %(event)s, %(channel)s, %(taken_at)s,
    %(received_at)s, %(longitude_e6)s, %(latitude_e6)s, %(sha256)s, %(note)s
FROM devices WHERE id = %(device_id)s
ON CONFLICT (device_id, media_number, sha256) DO UPDATE SET media_number = EXCLUDED.media_number
RETURNING id
"""
_SELECT = """
SELECT t.*, m.content_type, m.bytes FROM terminal_media t JOIN media m USING (sha256)
WHERE t.organisation_id = ANY(%(organisations)s)
"""
_BETWEEN = """
SELECT t.sha256, m.content_type, m.bytes, coalesce(t.taken_at, t.received_at) AS taken_at
FROM terminal_media t JOIN media m USING (sha256)
WHERE t.device_id = %(device)s AND m.content_type LIKE 'image/%%'
  AND (coalesce(t.taken_at, t.received_at) BETWEEN %(from)s AND %(to)s OR EXISTS (
      SELECT 1 FROM commands c WHERE c.violation_id = %(violation)s AND c.kind = 'photo'
       AND c.device_id = t.device_id AND t.received_at >= c.created_at
       AND c.answer -> 'media_ids' @> to_jsonb(t.media_number)))
ORDER BY taken_at, t.id LIMIT %(most)s
"""
MAX_PHOTOS = 50  # of one violation's evidence
# Old reports, and the files that nothing else shows; what evidence holds stays with its report.
_DROP_REPORTS = """
WITH old AS (
    DELETE FROM terminal_media t USING media m
    WHERE m.sha256 = t.sha256 AND NOT m.kept AND t.event = 'report'
      AND t.received_at < %(before)s RETURNING t.id, t.sha256)
DELETE FROM media m
WHERE m.sha256 IN (SELECT sha256 FROM old)
  AND NOT EXISTS (SELECT 1 FROM sightings s WHERE s.photo = m.sha256)
  AND NOT EXISTS (SELECT 1 FROM terminal_media t
                  WHERE t.sha256 = m.sha256 AND t.id NOT IN (SELECT id FROM old))
RETURNING m.sha256
"""
_FILTERS = """
  AND (%(device_id)s::integer IS NULL OR t.device_id = %(device_id)s)
  AND (%(media_number)s::bigint IS NULL OR t.media_number = %(media_number)s)
  AND (%(from)s::timestamptz IS NULL OR coalesce(t.taken_at, t.received_at) >= %(from)s)
  AND (%(to)s::timestamptz IS NULL OR coalesce(t.taken_at, t.received_at) <= %(to)s)
  AND (%(before_id)s::bigint IS NULL OR t.id < %(before_id)s)
ORDER BY t.id DESC LIMIT %(limit)s
"""


class UnknownDevice(Exception):
    """The register does not have the device yet."""


class TerminalMedia:
    """Where photos of terminals go."""

    def __init__(self, database: Database, store: MediaStore) -> None:
        self._database = database
        self._store = store

    async def keep(self, file: TerminalFile) -> int:
        """Store durably; returns the row's id. Raises MediaProblem, UnknownDevice."""
        media = await asyncio.to_thread(self._store.put, file.data, photo=file.photo)
        async with self._database.pool.connection() as conn:
            await record_media(conn, media, file.received_us)
            cursor = await conn.execute(
                _INSERT.encode(),
                {
                    "device_id": file.device_id,
                    "media_number": file.media_number,
                    "event": file.event,
                    "channel": file.channel,
                    "taken_at": None if file.taken_us is None else to_datetime(file.taken_us),
                    "received_at": to_datetime(file.received_us),
                    "longitude_e6": file.longitude_e6,
                    "latitude_e6": file.latitude_e6,
                    "sha256": media.sha256,
                    "note": file.note,
                },
            )
            row = await cursor.fetchone()
            if row is None:
                raise UnknownDevice(f"device {file.device_id}")
            return int(row[0])


async def list_media(
    conn: AsyncConnection[Any], organisations: Sequence[int], filters: Row
) -> list[Row]:
    """Visible photos, newest first; `filters`: device_id, media_number, from, to,
    before_id (or None), limit."""
    parameters = {**filters, "organisations": list(organisations)}
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute((_SELECT + _FILTERS).encode(), parameters)
        return await cursor.fetchall()


async def find_media(
    conn: AsyncConnection[Any], organisations: Sequence[int], media_id: int
) -> Row | None:
    """One visible photo."""
    parameters = {"organisations": list(organisations), "id": media_id}
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(f"{_SELECT} AND t.id = %(id)s".encode(), parameters)
        return await cursor.fetchone()


async def drop_photo_reports(conn: AsyncConnection[Any], before_us: int) -> list[str]:
    """Forget photo reports of handsets that came before; names of the files to delete."""
    cursor = await conn.execute(_DROP_REPORTS, {"before": to_datetime(before_us)})
    return [row[0] for row in await cursor.fetchall()]


async def terminal_photos_between(
    conn: AsyncConnection[Any], device_id: int, violation_id: int, from_us: int, to_us: int
) -> list[Row]:
    """`{sha256, content_type, bytes, taken_at}` of a device in [from, to], and what was ordered
    because of a violation, by time."""
    async with conn.cursor(row_factory=dict_row) as cursor:
        values = {"device": device_id, "violation": violation_id, "most": MAX_PHOTOS}
        period = {"from": to_datetime(from_us), "to": to_datetime(to_us)}
        await cursor.execute(_BETWEEN, values | period)
        return await cursor.fetchall()
