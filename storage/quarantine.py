"""Bad input, kept with its reason; whatever it holds must not fail the batch that carries it."""

from __future__ import annotations

from collections.abc import Sequence

from model.frames import Quarantined
from storage.database import Connection
from storage.instants import to_datetime

MAX_TEXT = 1_000
MAX_FRAME_BYTES = 65_536  # of a longer frame the beginning is kept

_INSERT = """
INSERT INTO quarantine
    (received_at, protocol, peer, identity, device_id, reason, detail, frame)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""


async def insert_quarantined(conn: Connection, entries: Sequence[Quarantined]) -> None:
    """Store entries in the caller's transaction."""
    if not entries:
        return
    async with conn.cursor() as cursor:
        await cursor.executemany(_INSERT, [_values(entry) for entry in entries])


def _values(entry: Quarantined) -> tuple[object, ...]:
    return (
        to_datetime(entry.received_us),
        storable(entry.protocol),
        storable(entry.peer),
        None if entry.identity is None else storable(entry.identity),
        entry.device_id,
        storable(entry.reason),
        storable(entry.detail),
        entry.frame[:MAX_FRAME_BYTES],
    )


def storable(text: str) -> str:
    """Text as PostgreSQL takes it: no NUL, no lone surrogate, at most MAX_TEXT characters."""
    clean = text[:MAX_TEXT].replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return clean.encode("utf-8", "replace").decode("utf-8")
