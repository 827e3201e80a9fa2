"""The page: its types, its own tests, and a real browser on a real demo."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
START_LIMIT_S = 180
RUN_LIMIT_S = 900
PASSWORD = "for-this-test-only"
READY = "History is in"

pytestmark = pytest.mark.chromium


@pytest.fixture(scope="module")
def npm() -> str:
    found = shutil.which("npm")
    if found is None or not (WEB / "node_modules").is_dir():
        pytest.skip("Node or the page's npm packages are not there (make test brings them)")
    return found


@pytest.fixture(scope="module")
def chromium() -> str:
    found = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium")
    if found is None:
        pytest.skip("Chromium is not installed: the page was not looked at in a browser")
    return found


def run(npm: str, script: str, environment: dict[str, str] | None = None) -> None:
    """Run a script of package.json; its output is shown when it fails."""
    done = subprocess.run(
        [npm, "run", "--silent", script],
        cwd=WEB,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=RUN_LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, f"npm run {script}\n{done.stdout}\n{done.stderr}"


def test_types(npm: str) -> None:
    run(npm, "typecheck")


def test_own_tests(npm: str) -> None:
    run(npm, "test")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A running demo: what the browser's specs want to know of it."""
    folder = tmp_path_factory.mktemp("demo")
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    log = folder / "demo.log"
    xunji = Path(sys.executable).with_name("xunji")
    command = [xunji, "demo", "--port", str(port), "--password", PASSWORD]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--data", folder / "data"], cwd=folder, stdout=output, stderr=output
        )
        try:
            _wait_until_ready(process, log)
            yield {"XUNJI_URL": f"http://127.0.0.1:{port}", "XUNJI_PASSWORD": PASSWORD}
            assert process.poll() is None, f"the demo ended:\n{log.read_text()[-4000:]}"
        finally:
            process.terminate()
            process.wait(60)


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        if READY in log.read_text(encoding="utf-8", errors="replace"):
            return
        time.sleep(0.2)
    raise AssertionError(f"the demo did not get ready:\n{log.read_text(errors='replace')[-4000:]}")


def test_in_a_browser(npm: str, chromium: str, demo: dict[str, str]) -> None:
    run(npm, "e2e", {**demo, "CHROMIUM_PATH": chromium})
