"""Backup and restore: a folder with a dump of the database, the photos, and a manifest.

The dump is made by `pg_dump` of one snapshot while the server works; photos are files named by
their content, so those copied after it hold at least what the dump names. The manifest is written
last: a folder without one is no backup.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import subprocess
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from storage.database import Connection, connect, extension_versions, recorded_mode
from storage.embedded import PROGRAMS

MANIFEST, DUMP, SECRET, MEDIA = "manifest.json", "database.dump", "secret", "media"
FORMAT = 1
_DEBIAN = Path("/usr/lib/postgresql")
Tell = Callable[[str], None]


class BackupProblem(Exception):
    """There is no backup, or nothing was restored; the text says why and what to do."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup is. `sha256` is that of the dump, `migrations` the schema's, by name."""

    format: int
    made_at: str
    mode: str
    server_version: int
    timescale_version: str | None
    migrations: list[str]
    sha256: str


async def back_up(url: str, data_dir: Path, folder: Path, tell: Tell) -> Manifest:
    """Write a backup into a new folder. Raises BackupProblem, DatabaseProblem and OSError."""
    if folder.exists() and any(folder.iterdir()):
        raise BackupProblem(f"{folder} is not empty: name a new folder")
    conn = await connect(url)
    try:
        mode = await recorded_mode(conn)
        if mode is None:
            raise BackupProblem("the database has no schema of ours: there is nothing to keep")
        cursor = await conn.execute("SELECT name FROM schema_migrations ORDER BY 1")
        known = await cursor.fetchall()
        version, timescale = conn.info.server_version, (await extension_versions(conn))[0]
    finally:
        await conn.close()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)  # it holds password hashes and the secret
    tell("database")
    dump = folder / DUMP
    arguments = ["--format=custom", "--no-owner", "--no-privileges", f"--file={dump}"]
    await _run(program("pg_dump", version), url, arguments)
    tell("photos")
    await asyncio.to_thread(_copy_files, data_dir, folder)
    manifest = Manifest(
        format=FORMAT,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        mode=mode,
        server_version=version,
        timescale_version=timescale if mode == "timescale" else None,
        migrations=[name for (name,) in known],
        sha256=await asyncio.to_thread(_sha256, dump),
    )
    content = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    (folder / MANIFEST).write_bytes(content + b"\n")
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """Raises BackupProblem for what is no backup, or one of a newer version."""
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise BackupProblem(f"{folder} is no whole backup: {error}") from error
    if manifest.format > FORMAT:
        raise BackupProblem("the backup was made by a newer version: install that one")
    return manifest


async def restore(url: str, data_dir: Path, folder: Path, tell: Tell) -> Manifest:
    """Fill an empty database and put photos and secret into the data folder, or change nothing in
    the database. Raises BackupProblem, DatabaseProblem and OSError."""
    manifest, dump = read_manifest(folder), folder / DUMP
    tell("check")
    if await asyncio.to_thread(_sha256, dump) != manifest.sha256:
        raise BackupProblem(f"{dump} is damaged: its SHA-256 is not that of the manifest")
    conn = await connect(url)
    try:
        await _check_target(conn, manifest)
        tell("database")
        await _fill(conn, url, dump, manifest)
    finally:
        await conn.close()
    tell("photos")
    await asyncio.to_thread(_copy_files, folder, data_dir)
    return manifest


async def _check_target(conn: Connection, manifest: Manifest) -> None:
    if await recorded_mode(conn) is not None:
        raise BackupProblem(
            "the database holds a server's data already: name an empty one (CREATE DATABASE), "
            "or with the embedded server another XUNJI_DATA_DIR"
        )
    if manifest.timescale_version is None:
        return
    # The extension's own tables are in the dump: only the same version understands them.
    try:
        version = sql.Literal(manifest.timescale_version)
        create = sql.SQL("CREATE EXTENSION IF NOT EXISTS timescaledb VERSION {}")
        await conn.execute("SET client_min_messages = error")
        await conn.execute(create.format(version))
    except psycopg.Error as error:
        raise BackupProblem(
            f"the backup needs TimescaleDB {manifest.timescale_version} on the server: {error}"
        ) from error
    installed = (await extension_versions(conn))[0]
    if installed != manifest.timescale_version:
        raise BackupProblem(
            f"the backup needs TimescaleDB {manifest.timescale_version}, the database has"
            f" {installed}: install that version, restore, then ALTER EXTENSION timescaledb UPDATE"
        )


async def _fill(conn: Connection, url: str, dump: Path, manifest: Manifest) -> None:
    arguments = [
        "--no-owner", "--no-privileges", "--no-comments", "--single-transaction",
        "--exit-on-error", f"--dbname={_without_password(url)}", str(dump),
    ]  # fmt: skip
    command = program("pg_restore", max(conn.info.server_version, manifest.server_version))
    if manifest.timescale_version is None:
        await _run(command, url, arguments)
        return
    await conn.execute("SELECT timescaledb_pre_restore()")
    try:
        await _run(command, url, arguments)
    finally:
        await conn.execute("SELECT timescaledb_post_restore()")


def program(name: str, server_version: int) -> str:
    """The client program of the server's version, or of the nearest newer one: an older one
    refuses. Raises BackupProblem."""
    major = server_version // 10_000
    found: dict[int, str] = {}
    for path in [PROGRAMS / name, *_DEBIAN.glob(f"*/bin/{name}"), Path(shutil.which(name) or "")]:
        version = _version_of(path)
        if version >= major:
            found.setdefault(version, str(path))
    if not found:
        raise BackupProblem(f"no {name} of PostgreSQL {major} or newer is here: install its client")
    return found[min(found)]


def _version_of(path: Path) -> int:
    """The major version that a program says it has; 0: it cannot be run."""
    if not path.is_file():
        return 0
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return 0
    return int(said.stdout.split()[2].partition(".")[0])


async def _run(command: str, url: str, arguments: list[str]) -> None:
    """The password travels by environment: arguments are there for all to see."""
    password = conninfo_to_dict(url).get("password")
    environment = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    if not any(part.startswith("--dbname") for part in arguments):
        arguments = [*arguments, f"--dbname={_without_password(url)}"]
    process = await asyncio.create_subprocess_exec(
        command, *arguments, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, env=environment
    )
    try:
        _, complaint = await process.communicate()
    except BaseException:
        process.kill()
        await process.wait()
        raise
    if process.returncode:
        lines = complaint.decode(errors="replace").strip().splitlines()
        raise BackupProblem(f"{Path(command).name}: {' '.join(lines[-3:])}")


def _without_password(url: str) -> str:
    parts = {k: str(v) for k, v in conninfo_to_dict(url).items() if k != "password"}
    return make_conninfo("", **parts)


def _copy_files(source: Path, target: Path) -> None:
    """Photos and secret; what is there already stays."""
    target.mkdir(parents=True, exist_ok=True)
    for path in (source / MEDIA).rglob("*"):
        copy = target / path.relative_to(source)
        if path.is_file() and not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)
    if (source / SECRET).is_file() and not (target / SECRET).exists():
        shutil.copy2(source / SECRET, target / SECRET)


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BackupProblem(f"{path} cannot be read: {error}") from error
