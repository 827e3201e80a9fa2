"""Pictures and other files that came from outside: named by their SHA-256, kept in the data folder.

The table says what there is and what evidence holds fast; the folder has the bytes. A file is
written before the row that names it is committed, so that no row lacks its file.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from storage.database import Connection
from storage.instants import to_datetime

MAX_PHOTO_BYTES = 4 << 20
MAX_FILE_BYTES = 16 << 20  # sounds and videos
_MAX_DROPPED = 10_000  # files a run of the housekeeping deletes at most

# What a file begins with, and what may stand between (None: anything).
_MAGIC: tuple[tuple[str, bytes, bytes, int], ...] = (
    ("image/jpeg", b"\xff\xd8\xff", b"", 0),
    ("image/png", b"\x89PNG\r\n\x1a\n", b"", 0),
    ("image/webp", b"RIFF", b"WEBP", 8),
)
# Sounds and videos of terminals; what is none of them is kept as plain bytes.
_FILE_MAGIC: tuple[tuple[str, bytes, bytes, int], ...] = (
    *_MAGIC,
    ("audio/wav", b"RIFF", b"WAVE", 8),
    ("video/avi", b"RIFF", b"AVI ", 8),
    ("audio/mpeg", b"ID3", b"", 0),
    ("audio/amr", b"#!AMR", b"", 0),
    ("video/mp4", b"", b"ftyp", 4),
    ("video/h264", b"\x00\x00\x00\x01", b"", 0),
)
_ANY_FILE = "application/octet-stream"
SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}

_INSERT = """
INSERT INTO media (sha256, content_type, bytes, added_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (sha256) DO UPDATE SET added_at = greatest(media.added_at, EXCLUDED.added_at)
"""
# The oldest files beyond the cap, and those that nothing names any more; never what evidence holds.
_DROP = """
WITH sized AS (
    SELECT sha256, added_at, sum(bytes) OVER (ORDER BY added_at DESC, sha256) AS total
    FROM media WHERE NOT kept
), gone AS (
    SELECT s.sha256 FROM sized s
    WHERE s.total > %(most)s OR (s.added_at < %(before)s AND NOT EXISTS
        (SELECT 1 FROM sightings g WHERE g.photo = s.sha256) AND NOT EXISTS
        (SELECT 1 FROM terminal_media t WHERE t.sha256 = s.sha256
         AND t.received_at >= %(before)s))
    ORDER BY s.added_at LIMIT %(limit)s
), cleared AS (
    UPDATE sightings SET photo = NULL WHERE photo IN (SELECT sha256 FROM gone)
)
SELECT sha256 FROM gone
"""


class MediaProblem(Exception):
    """A file that is refused; `code`: photo_too_large or photo_type."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Media:
    """What there is to say of a file."""

    sha256: str
    content_type: str
    bytes: int


class MediaStore:
    """The folder: `ab/abcdef...` below `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, sha256: str) -> Path:
        """Where a file lies."""
        return self._root / sha256[:2] / sha256

    def put(self, data: bytes, *, photo: bool = True) -> Media:
        """Write a file durably, once. Raises MediaProblem."""
        media = describe(data) if photo else describe_file(data)
        path = self.path(media.sha256)
        if path.exists():
            return media
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{os.getpid()}.part")
        with fresh.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        return media

    def get(self, sha256: str) -> bytes | None:
        """A file's bytes; None when it is not there."""
        try:
            return self.path(sha256).read_bytes()
        except FileNotFoundError:
            return None

    def remove(self, names: Sequence[str]) -> None:
        """Delete files; one that is not there is gone already."""
        for sha256 in names:
            self.path(sha256).unlink(missing_ok=True)


def describe(data: bytes) -> Media:
    """Size and type by its first bytes, whatever the sender says. Raises MediaProblem."""
    if len(data) > MAX_PHOTO_BYTES:
        text = f"the photo has {len(data)} bytes, at most {MAX_PHOTO_BYTES}"
        raise MediaProblem("photo_too_large", text)
    for content_type, start, then, at in _MAGIC:
        if data.startswith(start) and data[at : at + len(then)] == then:
            return Media(hashlib.sha256(data).hexdigest(), content_type, len(data))
    raise MediaProblem("photo_type", "the photo must be a JPEG, PNG or WebP picture")


def describe_file(data: bytes) -> Media:
    """As `describe` for a file that need be no photo: a sound, a video, bytes."""
    if len(data) > MAX_FILE_BYTES:
        raise MediaProblem("file_too_large", f"{len(data)} bytes, at most {MAX_FILE_BYTES}")
    found = (
        content_type
        for content_type, start, then, at in _FILE_MAGIC
        if data.startswith(start) and data[at : at + len(then)] == then
    )
    return Media(hashlib.sha256(data).hexdigest(), next(found, _ANY_FILE), len(data))


async def record_media(conn: Connection, media: Media, now_us: int) -> None:
    """Name a file in the transaction of what shows it."""
    values = (media.sha256, media.content_type, media.bytes, to_datetime(now_us))
    await conn.execute(_INSERT, values)


async def keep_media(conn: Connection, names: Sequence[str]) -> None:
    """Hold files fast: evidence names them."""
    await conn.execute("UPDATE media SET kept = true WHERE sha256 = ANY(%s)", (list(names),))


async def media_of(conn: Connection, sha256: str) -> Media | None:
    """What is known of a file."""
    cursor = await conn.execute(
        "SELECT sha256, content_type, bytes FROM media WHERE sha256 = %s", (sha256,)
    )
    row = await cursor.fetchone()
    return None if row is None else Media(*row)


async def drop_media(conn: Connection, before_us: int, most_bytes: int) -> list[str]:
    """Forget files above the cap, oldest first, and old ones that nothing names; returns them."""
    parameters = {"most": most_bytes, "before": to_datetime(before_us), "limit": _MAX_DROPPED}
    async with conn.transaction():
        cursor = await conn.execute(_DROP, parameters)
        names = [row[0] for row in await cursor.fetchall()]
        await conn.execute("DELETE FROM media WHERE sha256 = ANY(%s)", (names,))
    return names
