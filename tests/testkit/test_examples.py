"""The testkit's examples run, and it works beside packages named like the server's own."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "testkit" / "examples"
FIRM = {
    "api/__init__.py": 'OWNER = "the firm"\n',
    "rules/__init__.py": 'OWNER = "the firm"\n',
    "protocols/__init__.py": 'OWNER = "the firm"\n',
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\n',
    "tests/test_firm.py": """
import api, protocols, rules

def test_both_work_side_by_side(xunji_server, terminal, fleet, scenario):
    assert {api.OWNER, protocols.OWNER, rules.OWNER} == {"the firm"}
    xunji_server.add_rule("uncovered_load")
    terminal.drive(minutes=5, speed_kmh=40, loaded="full", cover_closed="no")
    [violation] = xunji_server.violations(terminal)
    assert violation["measures"]["max_speed_kmh"] == 40
    units = fleet(muck_truck=2, sweeper=1)
    for unit in units:
        unit.drive(minutes=1)
    assert len({unit.device_id for unit in units}) == 3
    report = scenario("uncovered-nearly")
    assert report.passed, report.text
    assert not report.failed
""",
}


@pytest.mark.parametrize("name", ["terminal", "platform"])
def test_an_example_passes(name: str, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "--rootdir", str(tmp_path)]
    options += ["-c", str(tmp_path / "pytest.ini")]
    plugin = [] if _is_installed() else ["-p", "xunji_testkit.plugin"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *plugin, str(EXAMPLES / name)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "testkit")))},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-2_000:]


def _is_installed() -> bool:
    from importlib.metadata import entry_points

    return any(one.name == "xunji" for one in entry_points(group="pytest11"))


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python of a fresh environment: both wheels, and the libraries of this one."""
    folder = tmp_path_factory.mktemp("fresh")
    wheels = []
    for source in (ROOT, ROOT / "testkit"):
        target = folder / f"dist-{source.name}"
        build = ["-m", "hatchling", "build", "--target", "wheel", "--directory", str(target)]
        subprocess.run([sys.executable, *build], cwd=source, check=True, capture_output=True)
        wheels += map(str, target.glob("*.whl"))
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    # A folder named in a .pth is searched for libraries, but its own .pth files are not read: an
    # editable install of this repository does not come along.
    [site] = (folder / "venv" / "lib").glob("python*/site-packages")
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps"]
    subprocess.run([*pip, "--no-index", "-q", *wheels], check=True, capture_output=True)
    return python


def test_it_works_beside_a_firms_own_packages_of_the_same_names(
    fresh: Path, tmp_path: Path
) -> None:
    for name, text in FIRM.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [str(fresh), "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-2_000:]
