"""Real database servers for tests: embedded PostgreSQL, and TimescaleDB where it is provisioned.

`database` is a fresh, migrated database on each of both; `plain_database` only on the first.
TimescaleDB is found through XUNJI_TEST_TIMESCALE_URL (a running server on which databases may be
made), XUNJI_TEST_TIMESCALE_ROOT (a Debian tree with postgresql-17-timescaledb), `.cache/timescale`
of the repository, or the machine itself. Where it lacks, its tests are skipped with the reason;
with "timescale" in XUNJI_TEST_REQUIRE they fail.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from storage.database import Database, open_database
from storage.embedded import start_embedded_now
from storage.migrate import migrate

REPOSITORY = Path(__file__).parents[1]
START_LIMIT_S = 60
_numbers = count(1)
# A test server may lose everything in a power failure.
FAST = (
    "fsync=off", "full_page_writes=off", "max_wal_size=256MB", "max_connections=200",
    "timezone=UTC",
)  # fmt: skip
MEMORY, MEMORY_BYTES = Path("dev/shm"), 4 << 30


@dataclass(frozen=True)
class DatabaseServer:
    """A server with a migrated template; `create` gives the URL of a fresh database."""

    url: str
    mode: str
    template: str

    def create(self, template: str | None = None) -> str:
        """A new database, a copy of the migrated template (or of `template`)."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        # Copying files takes a fifth of the time of copying through the log, where fsync is off.
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self.run(statement.format(sql.Identifier(name), sql.Identifier(template or self.template)))
        return address(self.url, name)

    def drop(self, url: str) -> None:
        """Drop a database made by `create`, whoever is still connected."""
        name = sql.Identifier(database_of(url))
        self.run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def run(self, statement: sql.Composable | str) -> list[tuple[object, ...]]:
        """Run one statement as the server's administrator."""
        with psycopg.connect(self.url, autocommit=True) as conn:
            cursor = conn.execute(statement)
            return cursor.fetchall() if cursor.description else []


def database_of(url: str) -> str:
    """The name of the database that a URL leads to."""
    return str(psycopg.conninfo.conninfo_to_dict(url)["dbname"])


def folder_for_a_server(root: Path) -> Path:
    """A new one below a root: in memory where there is room, for a database is then made in a tenth
    of the time, and each test has its own."""
    memory = root / MEMORY
    room = memory.is_mount() and shutil.disk_usage(memory).free >= MEMORY_BYTES
    return Path(tempfile.mkdtemp(prefix="xunji-", dir=memory if room else root / "tmp"))


def address(url: str, name: str) -> str:
    """The same server, another database."""
    return make_conninfo(url, dbname=name)


def run_async(work: Callable[[], Awaitable[None]]) -> None:
    """Run a coroutine from a synchronous fixture, whether or not a loop runs in this thread."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(_await(work))
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


async def _await(work: Callable[[], Awaitable[None]]) -> None:
    await work()


def _with_template(url: str, mode: str) -> Iterator[DatabaseServer]:
    server = DatabaseServer(url, mode, f"xunji_template_{os.getpid()}")
    name = sql.Identifier(server.template)
    server.run(sql.SQL("CREATE DATABASE {}").format(name))

    async def fill() -> None:
        database = await open_database(address(url, server.template), REPOSITORY)
        try:
            assert database.mode == mode
            await migrate(database)
        finally:
            await database.close()

    run_async(fill)
    # TimescaleDB's own workers would count as users of the template.
    server.run(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
    _disconnect_all(server)
    yield server
    server.run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def _disconnect_all(server: DatabaseServer) -> None:
    clients = sql.SQL(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}"
    ).format(sql.Literal(server.template))
    deadline_s = time.monotonic() + START_LIMIT_S
    while server.run(clients):
        assert time.monotonic() < deadline_s, "somebody keeps using the template database"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def plain_server() -> Iterator[DatabaseServer]:
    """Embedded PostgreSQL in a folder of its own."""
    folder = folder_for_a_server(Path("/"))
    server = start_embedded_now(folder)
    try:
        with psycopg.connect(server.url, autocommit=True) as conn:
            for setting in FAST[:3]:
                name, value = setting.split("=")
                conn.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
            conn.execute("SELECT pg_reload_conf()")
        yield from _with_template(server.url, "plain")
    finally:
        server.stop_now()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def timescale_server() -> Iterator[DatabaseServer]:
    """TimescaleDB, given by URL or started from a provisioned tree."""
    url = os.environ.get("XUNJI_TEST_TIMESCALE_URL")
    if url:
        yield from _with_template(url, "timescale")
        return
    found = _find_timescale()
    if found is None:
        lacking("timescale", "TimescaleDB is not provisioned (run `make test` as root once)")
    root, binaries = found
    with _TreeServer(root, binaries) as server:
        yield from _with_template(server.url, "timescale")


def lacking(name: str, reason: str) -> None:
    """Skip with the reason, or fail when this run is required to have it."""
    if name in os.environ.get("XUNJI_TEST_REQUIRE", "").split():
        pytest.fail(f"required, but {reason}")
    pytest.skip(reason)


def _find_timescale() -> tuple[Path, Path] | None:
    """(root of the tree, PostgreSQL's programs inside it)."""
    given = os.environ.get("XUNJI_TEST_TIMESCALE_ROOT")
    roots = [Path(given)] if given else [REPOSITORY / ".cache" / "timescale", Path("/")]
    for root in roots:
        if root != Path("/") and os.geteuid() != 0:
            continue  # chroot is for root only
        for library in sorted(root.glob("usr/lib/postgresql/*/lib/timescaledb.so")):
            return root, Path("/") / library.parents[1].relative_to(root) / "bin"
    return None


class _TreeServer:
    """A PostgreSQL server of a Debian tree, in a temporary folder inside it."""

    def __init__(self, root: Path, binaries: Path) -> None:
        self._root = root
        self._binaries = binaries
        self._folder = folder_for_a_server(root)
        self._inside = Path("/") / self._folder.relative_to(root)
        # A socket's path is short; a repository's need not be.
        self._link = Path(tempfile.mkdtemp(prefix="xunji-"))
        (self._link / "s").symlink_to(self._folder)
        self.url = f"postgresql://postgres@/postgres?host={self._link / 's'}"
        self._process: subprocess.Popen[bytes] | None = None

    def _command(self, program: str, *arguments: str) -> list[str]:
        command = [str(self._binaries / program), *arguments]
        if os.geteuid() == 0:
            return ["chroot", "--userspec=postgres:postgres", str(self._root), *command]
        return command

    def __enter__(self) -> _TreeServer:
        if os.geteuid() == 0:
            owner = subprocess.check_output(
                ["chroot", str(self._root), "id", "-u", "postgres"], text=True
            )
            os.chown(self._folder, int(owner), -1)
        data = str(self._inside / "data")
        initdb = self._command("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8")
        made = subprocess.run(
            [*initdb, "--no-sync", "--locale=C.UTF-8"],
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
        )
        assert made.returncode == 0, made.stderr
        settings = (
            *FAST,
            "listen_addresses=",
            f"unix_socket_directories={self._inside}",
            "shared_preload_libraries=timescaledb",
            "timescaledb.telemetry_level=off",
            "timescaledb.max_background_workers=0",
            "max_worker_processes=16",
        )
        options = [part for setting in settings for part in ("-c", setting)]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                self._command("postgres", "-D", data, *options), stdout=log, stderr=log, cwd="/"
            )
        self._wait_until_ready()
        return self

    def _wait_until_ready(self) -> None:
        deadline_s = time.monotonic() + START_LIMIT_S
        while True:
            try:
                psycopg.connect(self.url).close()
            except psycopg.OperationalError:
                assert self._process is not None
                log = (self._folder / "log").read_text(errors="replace")
                assert self._process.poll() is None, log
                assert time.monotonic() < deadline_s, log
                time.sleep(0.1)
            else:
                return

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
        self._process.wait(30)
        shutil.rmtree(self._folder, ignore_errors=True)
        shutil.rmtree(self._link, ignore_errors=True)


@pytest.fixture(
    params=["plain", pytest.param("timescale", marks=pytest.mark.timescale)], scope="session"
)
def server(request: pytest.FixtureRequest) -> DatabaseServer:
    """Each of the two servers."""
    found: DatabaseServer = request.getfixturevalue(f"{request.param}_server")
    return found


@pytest.fixture
async def database(server: DatabaseServer) -> AsyncIterator[Database]:
    """A fresh migrated database, on each of the two servers."""
    async for opened in fresh(server):
        yield opened


@pytest.fixture
async def plain_database(plain_server: DatabaseServer) -> AsyncIterator[Database]:
    """A fresh migrated database on the plain server, for tests to which the mode is all one."""
    async for opened in fresh(plain_server):
        yield opened


async def fresh(server: DatabaseServer, like: str | None = None) -> AsyncIterator[Database]:
    """A migrated database, or a copy of the one with the URL `like`; gone afterwards."""
    url = server.create(None if like is None else database_of(like))
    database = await open_database(url, REPOSITORY)
    try:
        yield database
    finally:
        await database.close()
        server.drop(url)
