"""The way to the database: which one, whether it can be trusted, a pool and dedicated connections.

TimescaleDB is used where the server has it, else plain partitions; a database keeps the mode in
which its schema was made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from typing import Protocol as Interface

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool

from storage.embedded import EmbeddedServer, start_embedded
from storage.problems import DatabaseProblem

Mode = Literal["timescale", "plain"]
Connection = AsyncConnection[TupleRow]

MINIMUM_VERSION = 150_000
SCHEMA_LOCK = 0x78756E6A69  # advisory: whoever makes or changes the schema holds it
POOL_SIZE = 8
QUERY_LIMIT_MS = 30_000  # a person's question; writers set their own
CONNECT_LIMIT_S = 5
# A dead network is noticed in 15 s, not in the kernel's two hours.
_KEEPALIVE = {
    "connect_timeout": CONNECT_LIMIT_S,
    "keepalives_idle": 10,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


class Connects(Interface):
    """Whoever gives a dedicated connection; raises DatabaseProblem."""

    async def connect(self) -> Connection: ...


@dataclass(slots=True)
class Database:
    """An open database. Queries take a connection of `pool`; `connect` gives one of one's own."""

    url: str = field(repr=False)  # may hold a password
    mode: Mode
    pool: AsyncConnectionPool[Connection]
    server: EmbeddedServer | None = field(default=None, repr=False)

    @property
    def embedded(self) -> bool:
        """Whether the server is our own embedded one."""
        return self.server is not None

    async def connect(self, statement_limit_ms: int = 0) -> Connection:
        """A dedicated autocommit connection; 0: statements may take for ever."""
        return await connect(self.url, statement_limit_ms)

    async def close(self) -> None:
        """Close the pool and, as its last user, stop the embedded server."""
        await self.pool.close()
        if self.server is not None:
            await self.server.stop()


async def open_database(url: str | None, data_dir: Path, *, timescale: bool = True) -> Database:
    """Open the database of `url`, or the embedded one in `data_dir`.

    `timescale` False: plain partitions even where the extension could be had. Raises
    DatabaseProblem for whatever keeps us from trusting the server.
    """
    server = None if url else await start_embedded(data_dir)
    address = url or (server.url if server else "")
    try:
        conn = await connect(address)
        try:
            await check_server(conn)
            mode = await settle_mode(conn, wanted=timescale)
        finally:
            await conn.close()
        pool = pool_of(address)
        await pool.open()
    except psycopg.Error as error:
        await _give_back(server)
        raise DatabaseProblem("statement_refused", str(error)) from error
    except BaseException:
        await _give_back(server)
        raise
    return Database(address, mode, pool, server)


async def _give_back(server: EmbeddedServer | None) -> None:
    if server is not None:
        await server.stop()


async def connect(url: str, statement_limit_ms: int = 0) -> Connection:
    """One autocommit connection with our session settings. Raises DatabaseProblem."""
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise DatabaseProblem("bad_url", _without_password(str(error), url)) from error
    try:
        conn = await AsyncConnection.connect(
            make_conninfo(url, **{k: v for k, v in _KEEPALIVE.items() if k not in given}),
            autocommit=True,
        )
    except psycopg.Error as error:
        raise DatabaseProblem("unreachable", str(error)) from error
    try:
        await _configure(conn, statement_limit_ms)
    except BaseException:  # cancelled half-way: nobody else could close it
        await conn.close()
        raise
    return conn


def _without_password(text: str, url: str) -> str:
    return text.replace(url, "...")


async def _configure(conn: Connection, statement_limit_ms: int = QUERY_LIMIT_MS) -> None:
    await conn.execute(
        "SELECT set_config('statement_timeout', %s, false), set_config('TimeZone', 'UTC', false),"
        " set_config('application_name', 'xunji', false)",
        (str(statement_limit_ms),),
    )


async def _configure_pooled(conn: Connection) -> None:
    await _configure(conn)
    await conn.commit()


def pool_of(
    url: str, *, name: str = "xunji", timeout_s: float = 10
) -> AsyncConnectionPool[Connection]:
    """A pool that is not open yet."""
    given = conninfo_to_dict(url)
    keepalive: dict[str, Any] = {k: v for k, v in _KEEPALIVE.items() if k not in given}
    return AsyncConnectionPool(
        url,
        min_size=1,
        max_size=POOL_SIZE,
        open=False,
        timeout=timeout_s,
        configure=_configure_pooled,
        check=AsyncConnectionPool.check_connection,
        kwargs=keepalive,
        name=name,
    )


async def check_server(conn: Connection) -> None:
    """Raise DatabaseProblem unless the server is new enough, writable, ours, and durable."""
    version = conn.info.server_version
    if version < MINIMUM_VERSION:
        raise DatabaseProblem("too_old", f"{version // 10_000}.{version % 10_000}, needs 15")
    cursor = await conn.execute(
        "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean,"
        " current_setting('synchronous_commit'), current_user, current_database(),"
        " current_schema(), has_schema_privilege(current_schema(), 'CREATE')"
    )
    row = await cursor.fetchone()
    assert row is not None
    read_only, synchronous_commit, user, name, schema, may_create = row
    if read_only:
        raise DatabaseProblem("read_only", name)
    if synchronous_commit == "off":
        raise DatabaseProblem("asynchronous_commit", f"database {name}, user {user}")
    if not may_create:
        raise DatabaseProblem("no_rights", f"user {user}, database {name}, schema {schema}")


async def settle_mode(conn: Connection, *, wanted: bool = True) -> Mode:
    """The mode of this database's schema; of a new one, TimescaleDB if the server has it."""
    made = await recorded_mode(conn)
    installed, available = await extension_versions(conn)
    if made == "timescale" and installed is None:
        raise DatabaseProblem("extension_lost", conn.info.dbname)
    if made is not None:
        return made
    if not wanted or available is None:
        return "plain"
    if installed is None:
        await _create_extension(conn)
    return "timescale"


async def recorded_mode(conn: Connection) -> Mode | None:
    """The mode in which the schema was made; None: there is no schema yet."""
    cursor = await conn.execute("SELECT to_regclass('schema_migrations') IS NOT NULL")
    row = await cursor.fetchone()
    if row is None or not row[0]:
        return None
    cursor = await conn.execute("SELECT mode FROM schema_migrations ORDER BY name LIMIT 1")
    row = await cursor.fetchone()
    return row[0] if row else None


async def extension_versions(conn: Connection) -> tuple[str | None, str | None]:
    """TimescaleDB's version (installed in this database, available on the server)."""
    cursor = await conn.execute(
        "SELECT installed_version, default_version FROM pg_available_extensions"
        " WHERE name = 'timescaledb'"
    )
    row = await cursor.fetchone()
    return (row[0], row[1]) if row else (None, None)


async def _create_extension(conn: Connection) -> None:
    """On a connection of its own: without preloading, the server ends the one that asks."""
    try:
        async with (
            await AsyncConnection.connect(conn.info.dsn, password=conn.info.password) as own,
            own.transaction(),
        ):
            await own.execute("SELECT pg_advisory_xact_lock(%s)", (SCHEMA_LOCK,))
            await own.execute("SET LOCAL client_min_messages = error")
            await own.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    except psycopg.Error as error:
        raise DatabaseProblem("no_extension_rights", str(error)) from error
