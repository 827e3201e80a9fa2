"""Photos of terminals: listed, shown, and ordered."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.media import MediaProblem, MediaStore, drop_media
from storage.terminal_media import TerminalMedia, UnknownDevice
from tests.api.browser import Browser
from tests.api.photos import photo_of
from tests.api.town import Town
from tests.api.traffic import MINUTE_US, NOW_US

DAY_US = 86_400_000_000


async def test_photos_are_listed_newest_first_page_by_page_and_shown(
    town: Town, browser: Browser
) -> None:
    ids = [await photo_of(town, "truck_a", number) for number in (1, 2, 3)]
    first = await browser.get("company_a", "/media", limit=2)
    assert [row["id"] for row in first] == ids[:0:-1]
    [last] = await browser.get("company_a", "/media", before_id=first[-1]["id"])
    assert (last["media_number"], last["event"], last["channel"]) == (1, "command", 1)
    assert (last["longitude"], last["latitude"]) == (118.8, 32.05)
    assert last["taken_at"] == "2026-09-22T12:10:00Z"
    answer = await browser.send("company_a", "GET", last["url"])
    assert answer.headers["content-type"] == "image/jpeg"
    assert len(answer.content) == last["bytes"]
    assert not await browser.get("company_b", "/media")
    assert not await browser.get("chief", "/media", to="2026-09-22T12:09:00Z")
    device = town.devices["truck_a"].id
    assert len(await browser.get("chief", "/media", device_id=device)) == 3


async def test_the_same_photo_again_is_one(town: Town, browser: Browser) -> None:
    assert await photo_of(town, "truck_a") == await photo_of(town, "truck_a")
    assert len(await browser.get("chief", "/media")) == 1


async def test_a_photo_is_ordered_by_who_may_command(town: Town, browser: Browser) -> None:
    path = f"/devices/{town.devices['truck_a'].id}/commands"
    body = {"kind": "photo", "channel": 2}
    command = await browser.post("dispatcher", path, body)
    assert command["kind"] == "photo"
    wanted = {"channel": 2, "shots": 1, "resolution": 2, "quality": 5}
    assert command["body"] == wanted
    assert (await browser.send("officer_li", "POST", path, json=body)).status_code == 403
    wrong = await browser.send("chief", "POST", path, json={"kind": "photo", "shots": 99})
    assert wrong.status_code == 422


async def test_old_photos_and_those_beyond_the_cap_go_with_their_files(
    town: Town, tmp_path: Path
) -> None:
    for number in (1, 2, 3):
        await photo_of(town, "truck_a", number)
    store = MediaStore(tmp_path / "media")
    async with town.database.pool.connection() as conn:
        assert not await drop_media(conn, NOW_US - DAY_US, 10**9)
        sizes = [path.stat().st_size for path in (tmp_path / "media").rglob("*") if path.is_file()]
        one = await drop_media(conn, NOW_US - DAY_US, sum(sizes) - 1)
        assert len(one) == 1
        rest = await drop_media(conn, NOW_US + MINUTE_US, 10**9)
        assert len(rest) == 2
        left = await (await conn.execute("SELECT count(*) FROM terminal_media")).fetchone()
    assert left == (0,)
    store.remove([*one, *rest])
    assert not [path for path in (tmp_path / "media").rglob("*") if path.is_file()]


async def test_what_is_no_picture_or_of_nobody_is_refused(town: Town, tmp_path: Path) -> None:
    from dataclasses import replace

    from model.uploads import TerminalFile

    archive = TerminalMedia(town.database, MediaStore(tmp_path / "media"))
    device = town.devices["truck_a"].id
    sound = TerminalFile(device, 1, "command", 1, b"ID3 la la", NOW_US, None, None, None)
    with pytest.raises(MediaProblem, match="JPEG"):
        await archive.keep(sound)
    with pytest.raises(UnknownDevice):
        await archive.keep(replace(sound, device_id=9_999, data=b"\xff\xd8\xff"))
