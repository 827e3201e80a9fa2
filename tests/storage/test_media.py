"""Photos: kept once, dropped when nothing shows them or there are too many, never from evidence."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.uploads import TerminalFile
from storage.cameras import Source
from storage.database import Database
from storage.media import (
    MAX_PHOTO_BYTES,
    MediaProblem,
    MediaStore,
    describe,
    drop_media,
    keep_media,
    record_media,
)
from storage.sightings import NewSighting, drop_sightings, save_sighting
from storage.terminal_media import TerminalMedia, drop_photo_reports

JPEG = b"\xff\xd8\xff"
DAY_US = 86_400_000_000
NOON_US = 1_790_078_400_000_000


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (JPEG + b"x", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\nx", "image/png"),
        (b"RIFF\x00\x00\x00\x00WEBPx", "image/webp"),
    ],
)
def test_a_type_is_told_by_the_first_bytes(data: bytes, content_type: str) -> None:
    assert describe(data).content_type == content_type


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "photo_type"),
        (b"RIFF\x00\x00\x00\x00AVI x", "photo_type"),
        (b"<svg/>", "photo_type"),
        (JPEG + bytes(MAX_PHOTO_BYTES), "photo_too_large"),
    ],
)
def test_what_is_no_photo(data: bytes, code: str) -> None:
    with pytest.raises(MediaProblem) as caught:
        describe(data)
    assert caught.value.code == code


def test_a_file_is_kept_once_by_its_hash(tmp_path: Path) -> None:
    store = MediaStore(tmp_path)
    media = store.put(JPEG)
    assert store.put(JPEG) == media
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [media.sha256]
    assert store.get(media.sha256) == JPEG
    store.remove([media.sha256, "0" * 64])
    assert store.get(media.sha256) is None


async def test_what_goes_and_what_stays(plain_database: Database) -> None:
    """Five photos a day apart; evidence holds the first; the second is shown by no sighting."""
    photos = [describe(JPEG + bytes([number]) * 97) for number in range(5)]
    async with plain_database.pool.connection() as conn:
        await conn.execute("INSERT INTO organisations (id, name) VALUES (1, 'City')")
        await conn.execute(
            "INSERT INTO cameras (id, organisation_id, kind, name, token_sha256, created_at)"
            " VALUES (1, 1, 'camera', 'x', 'x', now())"
        )
        for day, photo in enumerate(photos):
            at_us = NOON_US + day * DAY_US
            await record_media(conn, photo, at_us)
            new = NewSighting(
                key=str(day), plate=f"B{day}00", seen_us=at_us, longitude_e6=0, latitude_e6=0,
                accuracy_m=1, photo=None if day == 1 else photo.sha256,
            )  # fmt: skip
            await save_sighting(conn, Source(organisation_id=1, camera_id=1), new, at_us)
        await keep_media(conn, [photos[0].sha256])
        names = [photo.sha256 for photo in photos]
        assert await drop_media(conn, NOON_US + 3 * DAY_US, 10**9) == [names[1]]
        assert await drop_media(conn, NOON_US, 200) == [names[2]], "the oldest above the cap"
        shown = await (await conn.execute("SELECT photo FROM sightings ORDER BY id")).fetchall()
        assert shown == [(names[0],), (None,), (None,), (names[3],), (names[4],)]
        assert await drop_sightings(conn, NOON_US + 4 * DAY_US) == 4
        assert await drop_media(conn, NOON_US + 5 * DAY_US, 10**9) == [names[3]]
        left = await (await conn.execute("SELECT sha256, kept FROM media")).fetchall()
        assert set(left) == {(names[0], True), (names[4], False)}
        units = await (await conn.execute("SELECT plate FROM devices")).fetchall()
        assert units == [("B400",)], "of the other plates nothing is left"


async def test_photo_reports_go_by_a_time_of_their_own(
    plain_database: Database, tmp_path: Path
) -> None:
    """Of a handset: an old report, one that evidence holds, one whose picture was also ordered, a
    young one. What a truck's camera took stays."""
    store = MediaStore(tmp_path)
    async with plain_database.pool.connection() as conn:
        await conn.execute("INSERT INTO organisations (id, name) VALUES (1, 'City')")
        await conn.execute(
            "INSERT INTO devices (id, organisation_id, identity, protocol, kind, name)"
            " VALUES (1, 1, 'H', 'handset', 'inspector', 'H')"
        )
    pictures = [JPEG + bytes([number]) * 9 for number in range(5)]
    told = [(0, "report", 0), (1, "report", 0), (2, "report", 0), (2, "command", 0),
            (3, "report", 3), (4, "command", 0)]  # fmt: skip
    for number, (picture, event, day) in enumerate(told):
        file = TerminalFile(
            device_id=1, media_number=number, event=event, channel=1, data=pictures[picture],
            received_us=NOON_US + day * DAY_US, taken_us=None, longitude_e6=None, latitude_e6=None,
        )  # fmt: skip
        await TerminalMedia(plain_database, store).keep(file)
    names = [describe(picture).sha256 for picture in pictures]
    async with plain_database.pool.connection() as conn:
        await keep_media(conn, [names[1]])
        assert await drop_photo_reports(conn, NOON_US + 2 * DAY_US) == [names[0]]
        query = "SELECT sha256, event FROM terminal_media ORDER BY media_number"
        left = await (await conn.execute(query)).fetchall()
        assert left == [(names[1], "report"), (names[2], "command"), (names[3], "report"),
                        (names[4], "command")]  # fmt: skip
        assert await drop_photo_reports(conn, NOON_US + 2 * DAY_US) == []
