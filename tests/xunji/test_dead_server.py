"""A server that is killed in the middle of a run: what was seen so far, and a failing status."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import psycopg

from storage.database import Database
from xunji.demo import free_port

ROOT = Path(__file__).parents[2]
PROGRAM = "from xunji.command_line import main; main()"
LIMIT_S = 60
MANY = 200  # positions
SCENARIO = """\
about: Four trucks on an evening whose server does not live to see it
start: "2026-03-02 19:00"
hours: 10
fleet: {muck_truck: 4}
"""


def environment(folder: Path, database: Database) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "XUNJI_DATA_DIR": str(folder / "data"),
        "XUNJI_DATABASE__URL": database.url,
        "XUNJI_CLOCK": "simulated",
        "XUNJI_PRODUCTION": "false",
        "XUNJI_MQTT__ENABLED": "false",
        "XUNJI_GATEWAY__HOST": "127.0.0.1",
        "XUNJI_GATEWAY__PORT": str(free_port(0)),
        "XUNJI_GATEWAY__JT808_PORT": str(free_port(0)),
        "XUNJI_GATEWAY__AUTO_REGISTER": "true",
        "XUNJI_HTTP__PORT": str(free_port(0)),
        "XUNJI_PASSWORD": "chief-password",
    }


def program(folder: Path, settings: dict[str, str], *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", PROGRAM, *words]
    with (folder / f"{words[0]}.log").open("wb") as log:
        return subprocess.Popen(command, env=settings, cwd=folder, stdout=log, stderr=log)


@contextmanager
def serving(folder: Path, settings: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A server that answers; killed at the end, if not before."""
    account = [sys.executable, "-c", PROGRAM, "user", "add", "chief", "--password-stdin"]
    subprocess.run(account, env=settings, cwd=folder, input=b"chief-password\n", check=True)
    server = program(folder, settings, "serve")
    try:
        wait_for(lambda: answers(settings["XUNJI_HTTP__PORT"]))
        yield server
    finally:
        server.kill()
        server.wait()


def answers(port: str) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/api/v1/openapi.json", timeout=5):
            return True
    except (URLError, ConnectionError):
        return False


def wait_for(true: Callable[[], bool]) -> None:
    until_s = time.monotonic() + LIMIT_S
    while not true():
        assert time.monotonic() < until_s
        time.sleep(0.05)


def ended_by_the_kill(folder: Path, database: Database, *words: str) -> tuple[int, dict[str, Any]]:
    """Status and report of a command whose server is killed once positions are stored."""
    settings = environment(folder, database)
    url = f"http://127.0.0.1:{settings['XUNJI_HTTP__PORT']}"
    gateway = f"127.0.0.1:{settings['XUNJI_GATEWAY__PORT']}"
    told = folder / "report.json"
    with serving(folder, settings) as server, psycopg.connect(database.url) as conn:
        asked = [word.format(url=url, gateway=gateway) for word in words]
        run = program(folder, settings, *asked, "--json", str(told))
        try:
            wait_for(lambda: run.poll() is not None or stored(conn) > MANY)
            assert run.poll() is None, (folder / f"{words[0]}.log").read_text()
            server.kill()
            return run.wait(LIMIT_S), json.loads(told.read_text())
        finally:
            run.kill()
            run.wait()


def stored(conn: psycopg.Connection) -> int:
    with conn.transaction():
        row = conn.execute("SELECT count(*) FROM positions").fetchone()
    return int(row[0]) if row else 0


async def test_a_scenario_ends_with_what_was_seen(tmp_path: Path, plain_database: Database) -> None:
    path = tmp_path / "long.yaml"
    path.write_text(SCENARIO)
    words = ("simulate", str(path), "--check", "--url", "{url}", "--gateway", "{gateway}")
    status, told = await asyncio.to_thread(ended_by_the_kill, tmp_path, plain_database, *words)
    assert status == 1
    assert not told["passed"]
    assert "does not answer" in told["error"]
    assert told["counts"]["sent"] >= told["counts"]["acknowledged"] > 0


async def test_a_load_run_ends_with_what_was_seen(tmp_path: Path, plain_database: Database) -> None:
    words = ("load", "--closed", "--auto", "--target", "{gateway}", "--connections", "20")
    ends_late = ("--seconds", str(2 * LIMIT_S))
    work = (ended_by_the_kill, tmp_path, plain_database, *words, *ends_late)
    status, told = await asyncio.to_thread(*work)
    assert status == 1
    assert (told["lost"], told["passed"]) == (20, False)
    assert told["frames"] > told["missing"] > 0
    assert told["acknowledged"] == told["frames"] - told["missing"]
    assert told["seconds"] < LIMIT_S
    assert "closed all connections" in told["error"]
