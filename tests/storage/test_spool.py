"""The spool: in order, whole after a kill, within its cap, and room on a full disk."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings

from model.frames import Quarantined, RawFrame
from model.position import PositionBatch
from storage.spool import Spool, Spooled, SpoolFull, SpoolProblem, _decode, _encode
from tests.storage.rows import NOON_US, any_rows, fixes

MEGABYTE = 1 << 20


def entry(number: int, rows: int = 3, frame: bytes = b"\x02\x00") -> Spooled:
    batch = fixes(range(rows), attributes=['{"a":1}', *[None] * (rows - 1)])
    raw = RawFrame(1, NOON_US, NOON_US, NOON_US, "jt808", frame)
    bad = Quarantined(NOON_US, "jt808", "p", None, None, "bad", "", b"\x00\xff")
    return Spooled(number, NOON_US + number, batch, [raw], [bad])


def same(one: Spooled, other: Spooled) -> bool:
    return plain(one) == plain(other)


def plain(one: Spooled) -> tuple[object, ...]:
    texts = (one.batch.attributes, list(one.frames), list(one.quarantined))
    return (one.journal_id, one.tick_us, one.batch.rows.tolist(), *texts)


async def opened(path: Path, stored: int = 0, most: int = 64, reserve: int = 0) -> Spool:
    spool = Spool(path / "spool.sqlite3", most * MEGABYTE, reserve * MEGABYTE)
    await spool.open(stored)
    return spool


async def test_what_goes_in_comes_out_in_order(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    assert (spool.batches, spool.since_us, await spool.oldest(9, 9)) == (0, None, [])
    entries = [entry(number) for number in (7, 8, 9)]
    for one in entries:
        await spool.append(one)
    assert (spool.batches, spool.rows, spool.since_us) == (3, 9, NOON_US + 7)
    assert all(map(same, await spool.oldest(9, 99), entries))
    assert [e.journal_id for e in await spool.oldest(9, 6)] == [7, 8]
    assert [e.journal_id for e in await spool.oldest(9, 1)] == [7]  # at least one
    await spool.remove(8)
    assert (spool.batches, spool.rows, spool.since_us) == (1, 3, NOON_US + 9)
    await spool.close()


async def test_a_restart_forgets_what_the_database_has(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    for number in range(5, 10):
        await spool.append(entry(number))
    await spool.close()
    spool = await opened(tmp_path, stored=6)
    assert [e.journal_id for e in await spool.oldest(9, 99)] == [7, 8, 9]
    assert (spool.batches, spool.last_journal_id) == (3, 9)
    await spool.close()


_CHILD = """
import asyncio, os, signal, sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from tests.storage.test_spool import entry, opened
async def main():
    spool = await opened(Path(sys.argv[1]))
    for number in range(1, 1_000):
        await spool.append(entry(number))
        print(number, flush=True)
asyncio.run(main())
"""


async def test_what_was_appended_survives_a_kill(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(tmp_path), *sys.path], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    told = 0
    while told < 20:
        told = int(child.stdout.readline())
    child.kill()
    told = max([told, *map(int, child.stdout.read().split())])
    child.wait()
    child.stdout.close()
    spool = await opened(tmp_path)
    kept = await spool.oldest(5_000, 50_000)
    assert [e.journal_id for e in kept][:told] == list(range(1, told + 1))
    assert len(kept) - told in (0, 1)  # one may be stored whose answer was not heard
    await spool.close()


async def test_at_the_cap_nothing_is_taken_until_there_is_room(tmp_path: Path) -> None:
    spool = await opened(tmp_path, most=1)
    number = await filled(spool)
    assert (spool.full, spool.batches) == (True, number - 1)
    await spool.remove(spool.last_journal_id - number + 4)
    await spool.append(entry(number))
    assert not spool.full
    await spool.close()


async def filled(spool: Spool) -> int:
    """The id of the first batch that it does not take."""
    number = 0
    with suppress(SpoolFull):
        while True:
            number += 1
            noise = random.Random(number).randbytes(65_000)  # does not compress
            await spool.append(entry(number, frame=noise))
    return number


async def test_another_server_on_the_same_file_is_told(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    await spool.append(entry(1))
    other = Spool(tmp_path / "spool.sqlite3", MEGABYTE, 0)
    with pytest.raises(SpoolProblem, match="XUNJI_SPOOL__PATH"):
        await other.open(0)
    await spool.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no tmpfs could be mounted: a full disk was not tried")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_on_a_full_disk_the_reserve_is_still_there(small_disk: Path) -> None:
    spool = await opened(small_disk, reserve=4)
    with suppress(OSError), (small_disk / "f").open("wb", 0) as filler:
        while True:
            filler.write(bytes(4_096))
    assert shutil.disk_usage(small_disk).free == 0
    number = await filled(spool)
    assert spool.full
    assert spool.bytes_held > 3 * MEGABYTE
    kept = await spool.oldest(1_000, 100_000)
    assert [e.journal_id for e in kept] == list(range(1, number))
    await spool.remove(number - 5)  # what has left makes room, also on a full disk
    await spool.append(entry(number))
    await spool.close()


@settings(max_examples=30, deadline=None)
@given(rows=any_rows())
def test_any_rows_come_back(rows: object) -> None:
    batch = PositionBatch(rows)  # type: ignore[arg-type]
    given_entry = Spooled(1, 2, batch, [], [])
    assert same(_decode(1, 2, _encode(given_entry)), given_entry)
