"""How a firm tests its platform: a scenario's trucks report to it, every reply is judged."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("firm_platform.py")
SCENARIO = """\
about: Two trucks for half an hour
start: "2026-03-02 19:00"
hours: 0.5
fleet: {muck_truck: 2}
"""


@pytest.fixture
def platform() -> Iterator[tuple[str, int]]:
    """The firm's platform on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = ("127.0.0.1", free.getsockname()[1])
    running = subprocess.Popen([sys.executable, str(PROGRAM), str(address[1])])
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(address, timeout=1).close()
            break
        except OSError:
            time.sleep(0.05)
    yield address
    running.terminate()
    running.wait()


def test_every_reply_is_right(scenario, platform, tmp_path):
    two = tmp_path / "two-trucks.yaml"
    two.write_text(SCENARIO, encoding="utf-8")
    report = scenario(two, platform=platform)
    assert report.passed, report.text
    assert report.rules["acknowledged"]["matched"] > 100
    assert report.rules["reply_delay"]["delay_p99_s"] < 5
