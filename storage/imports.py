"""How far the files are that are taken in; written in the transaction of each batch."""

from __future__ import annotations

from typing import NamedTuple

from storage.database import Connection


class Progress(NamedTuple):
    """Rows of the file that are done, and what became of them."""

    rows_done: int = 0
    stored: int = 0
    duplicates: int = 0
    refused: int = 0

    def plus(self, other: Progress) -> Progress:
        """Both together."""
        return Progress(*(a + b for a, b in zip(self, other, strict=True)))


async def begun(conn: Connection, fingerprint: str, name: str) -> Progress:
    """Where a file stands: at the beginning when it is new, or when rows of it were refused, for
    what was wrong with them (a unit that was not registered) may be mended."""
    await conn.execute(
        "INSERT INTO imports (fingerprint, name) VALUES (%s, %s) ON CONFLICT (fingerprint)"
        " DO UPDATE SET rows_done = 0, stored = 0, duplicates = 0, refused = 0, ended_at = NULL"
        " WHERE imports.ended_at IS NOT NULL AND imports.refused > 0",
        (fingerprint, name),
    )
    cursor = await conn.execute(
        "SELECT rows_done, stored, duplicates, refused FROM imports WHERE fingerprint = %s",
        (fingerprint,),
    )
    row = await cursor.fetchone()
    assert row is not None
    return Progress(*row)


async def advance(conn: Connection, fingerprint: str, progress: Progress) -> None:
    """It stands there now."""
    await conn.execute(
        "UPDATE imports SET rows_done = %s, stored = %s, duplicates = %s, refused = %s"
        " WHERE fingerprint = %s",
        (*progress, fingerprint),
    )


async def ended(conn: Connection, fingerprint: str) -> None:
    """All of it is in."""
    await conn.execute("UPDATE imports SET ended_at = now() WHERE fingerprint = %s", (fingerprint,))
