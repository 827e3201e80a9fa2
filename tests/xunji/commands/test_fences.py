"""`xunji fences`: a file goes in and comes out in another format; errors say what to do."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import numpy as np
import psycopg
import pytest
from typer.testing import CliRunner

from geofence.datum import wgs84_to_gcj02
from storage.rulebook import load_rulebook
from tests.servers import DatabaseServer
from xunji.command_line import build_app

RING = [[121.0, 31.0], [121.1, 31.0], [121.1, 31.1], [121.0, 31.0]]
CITY = "城市管理局"


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(build_app("fences"), ["fences", *arguments])
    return result.exit_code, result.output


@pytest.fixture
def url(plain_server: DatabaseServer, monkeypatch: pytest.MonkeyPatch) -> str:
    made = plain_server.create()
    monkeypatch.setenv("XUNJI_DATABASE__URL", made)
    account = ["user", "add", "boss", "--password-stdin"]
    assert CliRunner().invoke(build_app(), account, input="correct horse\n").exit_code == 0
    return made


def stored(url: str) -> list[tuple[str, int, list[list[float]]]]:
    async def read() -> list[tuple[str, int, list[list[float]]]]:
        async with await psycopg.AsyncConnection.connect(url) as conn:
            fences = (await load_rulebook(conn)).fences
            return [(f.code or "", f.version, f.geometry["coordinates"][0]) for f in fences]

    return asyncio.run(read())


def test_in_and_out(url: str, tmp_path: Path) -> None:
    moved = np.stack(wgs84_to_gcj02(*np.array(RING).T), -1).tolist()
    file = tmp_path / "grid.geojson"
    file.write_text(json.dumps({
        "type": "Feature", "geometry": {"type": "Polygon", "coordinates": [moved]},
        "properties": {"name": "单元", "code": "G1", "shape": "grid_cell"},
    }))  # fmt: skip
    asked = ("import", str(file), "--organisation", CITY, "--datum", "gcj02")
    assert run(*asked, "--dry-run") == (0, "1 fences would be stored\n")
    assert stored(url) == []
    assert run(*asked)[0] == run(*asked)[0] == 0
    (first, second) = stored(url)
    assert (first[:2], second[:2]) == (("G1", 1), ("G1", 2))
    assert np.array(second[2]) == pytest.approx(np.array(RING), abs=1e-7)
    out = tmp_path / "grid.kml"
    assert run("export", str(out), "--organisation", CITY)[0] == 0
    assert "121.0" in out.read_text()


def test_mistakes_are_explained(url: str, tmp_path: Path) -> None:
    file = tmp_path / "lines.wkt"
    file.write_text("POLYGON ((0 0, 1 1, 1 0, 0 1, 0 0))")
    for arguments, words in (
        (("--organisation", "nobody"), "no organisation called"),
        (("--organisation", CITY, "--datum", "xian80"), "a datum is one of"),
        (("--organisation", CITY, "--format", "dwg"), "name the format"),
        (("--organisation", CITY), "Self-intersection"),
        (("--organisation", CITY, "--format", "kml"), "not XML"),
    ):
        status, output = run("import", str(file), *arguments)
        assert status != 0
        assert words in output
    assert stored(url) == []
    assert run("import", str(file), "--organisation", CITY, "--repair")[0] == 0
    assert len(stored(url)) == 1
