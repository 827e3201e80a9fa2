"""What `pip install` brings: every room, the migrations, and the built page (no Node needed)."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = CONFIGURATION["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


def build(source: Path, target: Path) -> set[str]:
    """Names in the wheel built from a folder."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", target],
        cwd=source,
        check=True,
        capture_output=True,
    )
    [wheel] = target.glob("*.whl")
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    return build(ROOT, tmp_path_factory.mktemp("wheel"))


def test_every_room_and_migration_is_inside(wheel: set[str]) -> None:
    for package in PACKAGES:
        modules = {p.relative_to(ROOT).as_posix() for p in (ROOT / package).rglob("*.py")}
        assert modules <= wheel
        assert f"{package}/py.typed" in wheel
    migrations = {p.relative_to(ROOT).as_posix() for p in ROOT.glob("storage/migrations/*.sql")}
    assert migrations
    assert migrations <= wheel


def test_the_library_of_scenarios_is_inside(wheel: set[str]) -> None:
    scenarios = {p.relative_to(ROOT).as_posix() for p in ROOT.glob("simulators/scenarios/*.yaml")}
    assert len(scenarios) >= 24
    assert scenarios <= wheel


def test_nothing_else_is_inside(wheel: set[str]) -> None:
    tops = {name.partition("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    assert not [name for name in wheel if "__pycache__" in name or "node_modules" in name]


@pytest.mark.chromium
def test_the_built_page_is_inside(wheel: set[str]) -> None:
    if not (ROOT / "api" / "page" / "index.html").exists():
        pytest.skip("the page is not built (make web): that it is in the wheel was not checked")
    built = {p.relative_to(ROOT).as_posix() for p in ROOT.glob("api/page/**/*") if p.is_file()}
    assert built <= wheel


def test_the_testkit_is_a_distribution_of_its_own(tmp_path: Path) -> None:
    names = build(ROOT / "testkit", tmp_path)
    assert "xunji_testkit/plugin.py" in names
    assert any(name.endswith("entry_points.txt") for name in names)
