"""The database: reachable, new enough, ours to write, durable, and which edition it is."""

from __future__ import annotations

import time
from pathlib import Path

import psycopg

from storage import migrate
from storage.database import (
    Connection,
    check_server,
    connect,
    extension_versions,
    recorded_mode,
)
from storage.embedded import EmbeddedServer, start_embedded
from storage.problems import DatabaseProblem
from xunji.doctor.calendar import check_calendar
from xunji.doctor.check import Check
from xunji.doctor.evidence import check_evidence
from xunji.doctor.rules import check_rules
from xunji.doctor.summaries import check_summaries
from xunji.settings import Settings

_RISKY = ("fsync", "full_page_writes")


async def check_database(settings: Settings) -> tuple[list[Check], float | None]:
    """The checks, and by how many seconds the server's clock is ahead of ours (None: unknown)."""
    url, server = settings.database.url, None
    if url is None and not (settings.data_dir / "postgres" / "PG_VERSION").exists():
        return [_not_made_yet(settings.data_dir)], None
    try:
        if url is None:
            server = await start_embedded(settings.data_dir)
            url = server.url
        conn = await connect(url)
        try:
            return await _look(conn, settings, server), await _clock_skew_s(conn)
        finally:
            await conn.close()
    except DatabaseProblem as problem:
        return [_broken(problem)], None
    except psycopg.Error as error:
        return [_broken(DatabaseProblem("statement_refused", str(error)))], None
    finally:
        if server is not None:
            await server.stop()


def _broken(problem: DatabaseProblem) -> Check:
    return Check(
        name="database",
        state="broken",
        zh=problem.text("zh"),
        en=problem.text("en"),
        mend_zh=problem.mend("zh"),
        mend_en=problem.mend("en"),
    )


def _not_made_yet(data_dir: Path) -> Check:
    return Check(
        name="database",
        state="ok",
        zh=f"内置 PostgreSQL，首次启动时建在 {data_dir / 'postgres'}",
        en=f"embedded PostgreSQL, to be made in {data_dir / 'postgres'} at the first start",
    )


async def _look(conn: Connection, settings: Settings, server: EmbeddedServer | None) -> list[Check]:
    await check_server(conn)
    version = conn.info.parameter_status("server_version") or ""
    kind_zh, kind_en = ("内置", "embedded ") if server else ("", "")
    reached = Check(
        name="database",
        state="ok",
        zh=f"{kind_zh} PostgreSQL {version} 可用，可建表，synchronous_commit 已开".strip(),
        en=f"{kind_en}PostgreSQL {version}: reachable, tables may be made, synchronous_commit on",
    )
    schema = await _schema(conn)
    checks = [reached, await _durability(conn), await _extension(conn, settings), schema]
    if schema.state == "ok":
        now_us = time.time_ns() // 1000
        checks += [await check_calendar(conn, now_us), *await check_rules(conn, now_us)]
        checks.append(await check_evidence(conn, settings.data_dir))
        checks.append(await check_summaries(conn, settings.database.retention_days, now_us))
    return checks


async def _durability(conn: Connection) -> Check:
    cursor = await conn.execute(
        "SELECT name FROM pg_settings WHERE name = ANY(%s) AND setting = 'off'", (list(_RISKY),)
    )
    off = ", ".join(name for (name,) in await cursor.fetchall())
    if not off:
        return Check(
            name="durability",
            state="ok",
            zh="已提交即落盘（fsync 与 full_page_writes 均开）",
            en="committed means on disk (fsync and full_page_writes are on)",
        )
    return Check(
        name="durability",
        state="broken",
        zh=f"{off} 关闭：断电后已应答的报文会丢失，库也可能损坏",
        en=f"{off} off: a power failure loses acknowledged reports and may ruin the database",
        mend_zh="在 postgresql.conf 中打开并重载：SELECT pg_reload_conf();",
        mend_en="turn it on in postgresql.conf and reload: SELECT pg_reload_conf();",
    )


async def _extension(conn: Connection, settings: Settings) -> Check:
    mode = await recorded_mode(conn)
    installed, available = await extension_versions(conn)
    if mode == "timescale" and installed is None:
        raise DatabaseProblem("extension_lost", conn.info.dbname)
    if mode == "plain" or not settings.database.timescale or available is None:
        return _plain(available if mode == "plain" else None)
    if installed is None:
        return Check(
            name="timescaledb",
            state="ok",
            zh=f"TimescaleDB {available} 可用，首次迁移时启用",
            en=f"TimescaleDB {available} is there and will be enabled by the first migration",
        )
    cursor = await conn.execute("SELECT current_setting('timescaledb.license', true)")
    row = await cursor.fetchone()
    return _edition(installed, str(row[0]) if row else "")


def _plain(available: str | None) -> Check:
    if available is None:
        return Check(
            name="timescaledb",
            state="ok",
            zh="没有 TimescaleDB，用按日分区",
            en="without TimescaleDB: daily partitions",
        )
    return Check(
        name="timescaledb",
        state="note",
        zh=f"服务器有 TimescaleDB {available}，但本库按普通分区建立，保持不变",
        en=f"the server has TimescaleDB {available}, but this database was made with plain "
        "partitions and stays so",
        mend_zh="要换用 TimescaleDB，请用新库启动。",
        mend_en="to use it, start with a new database.",
    )


def _edition(version: str, licence: str) -> Check:
    if licence == "timescale":
        return Check(
            name="timescaledb",
            state="ok",
            zh=f"TimescaleDB {version}（社区版，可列存压缩）",
            en=f"TimescaleDB {version} (community edition: columnstore compression)",
        )
    return Check(
        name="timescaledb",
        state="note",
        zh=f"TimescaleDB {version}（{licence} 版，无列存压缩，占盘约大数倍）",
        en=f"TimescaleDB {version} ({licence} edition: no columnstore compression, several times "
        "the disk)",
        mend_zh="需要压缩时改装社区版软件包并设 timescaledb.license = timescale。",
        mend_en="for compression install the community packages and set "
        "timescaledb.license = timescale.",
    )


async def _schema(conn: Connection) -> Check:
    mode = await recorded_mode(conn)
    pending = [name for name, state in await migrate.compare(conn, mode) if state == "pending"]
    if mode is not None and not pending:
        return Check(name="schema", state="ok", zh="表结构为最新", en="the schema is up to date")
    names = ", ".join(pending)
    return Check(
        name="schema",
        state="note",
        zh=f"待迁移：{names}" if mode else "还没有表",
        en=f"migrations pending: {names}" if mode else "no tables yet",
        mend_zh="运行 xunji migrate（xunji serve 启动时也会自动执行）。",
        mend_en="run xunji migrate (xunji serve does it, too, when it starts).",
    )


async def _clock_skew_s(conn: Connection) -> float:
    before_s = time.time()
    cursor = await conn.execute("SELECT extract(epoch FROM clock_timestamp())::double precision")
    row = await cursor.fetchone()
    assert row is not None
    return float(row[0]) - (before_s + time.time()) / 2
