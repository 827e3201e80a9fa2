"""The embedded server: it survives restarts, kills and what they leave behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from storage.database import open_database
from storage.embedded import TUNING, start_embedded_now
from storage.migrate import migrate
from storage.problems import DatabaseProblem
from storage.writer import Writer
from tests.storage.rows import NOON_US, fixes, stored_rows


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """Short: a socket's path has at most 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="xunji-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def server_pid(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


def wait_until_gone(pid: int) -> None:
    """Or a zombie, where nobody reaps orphans."""
    deadline_s = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


async def test_what_is_stored_survives_a_restart(data_dir: Path) -> None:
    batch = fixes(range(100))
    database = await open_database(None, data_dir)
    assert database.embedded
    await migrate(database)
    writer = Writer(database)
    await writer.write(batch, [], [], NOON_US, 1)
    await writer.close()
    pid = server_pid(data_dir)
    await database.close()
    wait_until_gone(pid)
    again = await open_database(None, data_dir)
    conn = await again.connect()
    assert (await stored_rows(conn)).tolist() == batch.rows.tolist()
    cursor = await conn.execute(
        "SELECT name, setting FROM pg_settings WHERE source = %s", ("configuration file",)
    )
    settings = dict(await cursor.fetchall())
    assert set(TUNING) <= set(settings)
    assert settings["synchronous_commit"] == "on"
    await conn.close()
    await again.close()


async def test_what_is_committed_survives_a_kill(data_dir: Path) -> None:
    database = await open_database(None, data_dir)
    await migrate(database)
    writer = Writer(database)
    await writer.write(fixes(range(10)), [], [], NOON_US, 1)
    pid = server_pid(data_dir)
    children = psutil.Process(pid).children()
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs(children, timeout=10)
    await writer.close()
    await database.close()
    again = await open_database(None, data_dir)
    conn = await again.connect()
    assert len(await stored_rows(conn)) == 10
    await conn.close()
    await again.close()


def test_leftovers_of_a_reboot(data_dir: Path) -> None:
    """The old process id belongs to somebody else now, and a dead process is still counted."""
    first = start_embedded_now(data_dir)
    folder = data_dir / "postgres"
    left = (folder / "postmaster.pid").read_text()
    first.stop_now()
    (folder / "postmaster.pid").write_text(left.replace(left.split()[0], str(os.getpid()), 1))
    (folder / ".handle_pids.json").write_text(json.dumps([4_194_305]))
    second = start_embedded_now(data_dir)
    with psycopg.connect(second.url) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)
    conn.close()
    pid = server_pid(data_dir)
    second.stop_now()
    wait_until_gone(pid)


def test_a_folder_that_cannot_be(data_dir: Path) -> None:
    (data_dir / "postgres").write_text("a file stands where the folder should be")
    with pytest.raises(DatabaseProblem) as caught:
        start_embedded_now(data_dir)
    assert caught.value.code == "embedded_failed"


def test_a_broken_data_folder(data_dir: Path) -> None:
    server = start_embedded_now(data_dir)
    server.stop_now()
    (data_dir / "postgres" / "postgresql.conf").write_text("nonsense = true\n")
    with pytest.raises(DatabaseProblem) as caught:
        start_embedded_now(data_dir)
    assert caught.value.code == "embedded_failed"
    assert "nonsense" in str(caught.value)
