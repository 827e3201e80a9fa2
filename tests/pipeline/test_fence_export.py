"""An export's process that fails, dies or does not end is told in words, and leaves nothing."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest

from pipeline import fence_export
from pipeline.fence_export import ExportFailedError, FenceExports
from storage.database import Database

NOW_US = 1_800_000_000_000_000


async def test_no_fences_are_an_empty_file(plain_database: Database) -> None:
    exports = FenceExports(plain_database.url)
    content, left_out = await exports.export((1,), NOW_US, "geojson", "wgs84")
    assert json.loads(content)["features"] == []
    assert left_out == ()


async def test_a_process_that_fails_says_its_last_line(plain_database: Database) -> None:
    exports = FenceExports(plain_database.url)
    with pytest.raises(ExportFailedError, match="no such format"):
        await exports.export((1,), NOW_US, "no such format", "wgs84")


async def test_a_database_that_is_away_is_named() -> None:
    exports = FenceExports("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(ExportFailedError, match="connection"):
        await exports.export((1,), NOW_US, "geojson", "wgs84")


@pytest.mark.parametrize(
    ("does", "words"),
    [("kill -9 $$", "without a word"), ("exec sleep 60", "not done in 0 s; try again later")],
)
async def test_a_process_that_is_killed_or_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str, words: str
) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\ncat > /dev/null\n{does}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(fence_export, "TIME_LIMIT_S", 0.3 if "sleep" in does else 30.0)
    with pytest.raises(ExportFailedError, match=words):
        await FenceExports("unused").export((1,), NOW_US, "geojson", "wgs84")
