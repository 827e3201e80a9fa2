"""What can be wrong with a database, in words that say what to do; never a traceback to a user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import psycopg
from psycopg_pool import PoolTimeout

Language = Literal["zh", "en"]
# The database is away, read-only or out of disk: try again later.
AWAY = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.ReadOnlySqlTransaction,
    PoolTimeout,
)


@dataclass(frozen=True, slots=True)
class Advice:
    """What is wrong and how to mend it, in both languages; `{detail}` is filled in."""

    zh: str
    en: str
    mend_zh: str
    mend_en: str


ADVICE = {
    "unreachable": Advice(
        "连不上数据库：{detail}",
        "cannot connect to the database: {detail}",
        "检查 XUNJI_DATABASE__URL（主机、端口、用户、密码、库名）、服务器是否已启动、"
        "pg_hba.conf 是否放行。",
        "check XUNJI_DATABASE__URL (host, port, user, password, database name), that the server "
        "runs, and that pg_hba.conf lets us in.",
    ),
    "bad_url": Advice(
        "数据库地址写法不对：{detail}",
        "the database URL cannot be read: {detail}",
        "写成 postgresql://用户:密码@主机:5432/库名。",
        "write it as postgresql://user:password@host:5432/name.",
    ),
    "too_old": Advice(
        "PostgreSQL 版本太旧：{detail}",
        "the PostgreSQL server is too old: {detail}",
        "升级到 PostgreSQL 15 或更新版本，或去掉 XUNJI_DATABASE__URL 改用内置数据库。",
        "upgrade to PostgreSQL 15 or newer, or unset XUNJI_DATABASE__URL to use the embedded one.",
    ),
    "no_rights": Advice(
        "数据库用户没有建表权限：{detail}",
        "the database user may not create tables: {detail}",
        "以管理员执行：GRANT CREATE, CONNECT ON DATABASE 库名 TO 用户; "
        "GRANT CREATE, USAGE ON SCHEMA public TO 用户;",
        "as an administrator run: GRANT CREATE, CONNECT ON DATABASE name TO user; "
        "GRANT CREATE, USAGE ON SCHEMA public TO user;",
    ),
    "no_extension_rights": Advice(
        "服务器上有 TimescaleDB，但无法启用：{detail}",
        "TimescaleDB is on the server but cannot be enabled: {detail}",
        "以管理员在该库执行 CREATE EXTENSION timescaledb;，并确认 postgresql.conf 中 "
        "shared_preload_libraries 含 timescaledb 后重启；"
        "不想用它则设 XUNJI_DATABASE__TIMESCALE=false。",
        "as an administrator run CREATE EXTENSION timescaledb; in this database, with timescaledb "
        "in shared_preload_libraries of postgresql.conf and the server restarted; to do without "
        "it set XUNJI_DATABASE__TIMESCALE=false.",
    ),
    "extension_lost": Advice(
        "数据库按 TimescaleDB 建立，但扩展不在了：{detail}",
        "the database was made with TimescaleDB, which is gone: {detail}",
        "在服务器上重新安装 TimescaleDB 并恢复 shared_preload_libraries。",
        "install TimescaleDB on the server again and restore shared_preload_libraries.",
    ),
    "asynchronous_commit": Advice(
        "synchronous_commit 关闭，已应答的报文断电后可能丢失：{detail}",
        "synchronous_commit is off: acknowledged reports could be lost in a crash: {detail}",
        "执行 ALTER DATABASE 库名 SET synchronous_commit = on;"
        "（并检查 postgresql.conf 与用户级设置）。",
        "run ALTER DATABASE name SET synchronous_commit = on; (and look into postgresql.conf and "
        "the user's own settings).",
    ),
    "read_only": Advice(
        "数据库只读：{detail}",
        "the database is read-only: {detail}",
        "连接主库而不是只读副本；URL 中可加 target_session_attrs=read-write。",
        "connect to the primary, not to a replica; target_session_attrs=read-write in the URL "
        "picks it.",
    ),
    "migration_changed": Advice(
        "已执行过的迁移文件被改动：{detail}",
        "a migration was changed after it had been applied: {detail}",
        "恢复原文件（或重装同版本程序）；改表结构请新增一个编号的 .sql。",
        "restore the file (or reinstall this version); change the schema by a new numbered .sql.",
    ),
    "newer_schema": Advice(
        "数据库结构比程序新：{detail}",
        "the database is newer than this program: {detail}",
        "升级 xunji 程序到建立该库的版本或更新。",
        "upgrade xunji to the version that made the database, or a newer one.",
    ),
    "embedded_failed": Advice(
        "内置数据库无法启动：{detail}",
        "the embedded database does not start: {detail}",
        "看数据目录中 postgres/log 的末尾；检查磁盘空间与目录权限；"
        "也可设 XUNJI_DATABASE__URL 使用外部数据库。",
        "read the end of postgres/log in the data folder; check disk space and the folder's "
        "owner; or set XUNJI_DATABASE__URL to use another server.",
    ),
    "journal_taken": Advice(
        "另一个 xunji 正在向同一个数据库写入：{detail}",
        "another xunji is writing into the same database: {detail}",
        "一个数据库只运行一个 xunji serve；停掉多余的，或给它另一个数据库。",
        "run one xunji serve for a database: stop the other, or give it a database of its own.",
    ),
    "statement_refused": Advice(
        "数据库拒绝了语句：{detail}",
        "the database refused a statement: {detail}",
        "用 xunji doctor 检查数据库；若问题仍在，请带上这条信息报告。",
        "run xunji doctor; if it finds nothing, report this message.",
    ),
}


class DatabaseProblem(Exception):
    """The database cannot be used as it is. `code` is a key of ADVICE; `detail` names the case."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        self.detail = " ".join(detail.split())
        super().__init__(self.text("en"))

    def text(self, language: Language) -> str:
        """What is wrong, one line."""
        advice = ADVICE[self.code]
        return (advice.zh if language == "zh" else advice.en).format(detail=self.detail)

    def mend(self, language: Language) -> str:
        """What to do, one line."""
        advice = ADVICE[self.code]
        return advice.mend_zh if language == "zh" else advice.mend_en

    def __str__(self) -> str:
        return "\n".join(
            (self.text("zh"), self.mend("zh"), self.text("en"), f"To mend it: {self.mend('en')}")
        )


class StorageAway(Exception):
    """The database did not take the batch and nothing of it is acknowledged: keep it, try again."""

    def __init__(self, detail: str, retry_after_s: float = 0.1) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after_s = retry_after_s
