"""How a firm tests its terminal: against a real server, and clause by clause."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("firm_terminal.py")
PHONE = "13700000001"


@pytest.fixture
def start() -> Iterator[object]:
    """Lets the firm's terminal connect to an address; ends it after the test."""
    running: list[subprocess.Popen[bytes]] = []

    def connect(address: tuple[str, int]) -> None:
        arguments = [address[0], str(address[1]), PHONE, "1"]
        running.append(subprocess.Popen([sys.executable, str(PROGRAM), *arguments]))

    yield connect
    for one in running:
        one.terminate()
        one.wait()


def test_its_positions_arrive(xunji_server, start):
    device = xunji_server.add_device(PHONE, "muck_truck")
    start(xunji_server.gateway)
    deadline = time.monotonic() + 60
    last = None
    while last is None and time.monotonic() < deadline:
        time.sleep(0.2)
        devices = xunji_server.api.call("GET", "/devices")
        last = next(d for d in devices if d["id"] == device["id"])["last"]
    assert last is not None, "nothing arrived"
    assert (last["longitude"], last["latitude"]) == (118.8, 32.05)
    assert last["speed_kmh"] == 30


def test_what_it_does_and_does_not_do(acceptance, start):
    quick = ["--interval", "1", "--outage", "1", "--patience", "1"]
    report = acceptance(start, options=quick)
    outcomes = {clause["name"]: clause["outcome"] for clause in report.content["clauses"]}
    assert outcomes["registration"] == "pass"
    assert outcomes["authentication"] == "pass"
    assert outcomes["beijing_time"] == "pass"
    assert outcomes["framing"] == "pass"
    # This terminal is small: it says yes to everything, and neither repeats nor comes back.
    assert {"unsupported", "resend", "reconnect"} <= set(report.failed)
    assert not report.passed
