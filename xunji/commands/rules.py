"""`xunji rules export` and `import`: the rules in force as a file for review in git."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from api.rule_file import RuleFileProblem, export_rules, import_rules
from storage.database import Connection, open_database
from storage.problems import DatabaseProblem
from xunji.clock import SystemClock
from xunji.settings import Settings

Work = Callable[[Connection, list[int]], Awaitable[str]]


def add_to(app: typer.Typer) -> None:
    """Add the command group."""
    rules = typer.Typer(no_args_is_help=True, help="Rules as a file.")
    rules.callback()(lambda: None)
    rules.command("export")(export_)
    rules.command("import")(import_)
    app.add_typer(rules, name="rules")


def export_(file: Annotated[Path, typer.Argument(help="the YAML file to write")]) -> None:
    """Write the rules in force to a YAML file."""

    async def work(conn: Connection, organisations: list[int]) -> str:
        text = await export_rules(conn, organisations, SystemClock().now_us())
        await asyncio.to_thread(file.write_text, text, encoding="utf-8")
        return f"{file}: {text.count('- id:')} rules"

    _do(work)


def import_(
    file: Annotated[Path, typer.Argument(help="a YAML file as of xunji rules export")],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="check, and say what would change")
    ] = False,
) -> None:
    """Make new versions of what the file says otherwise; rules it does not name stay."""

    async def work(conn: Connection, organisations: list[int]) -> str:
        text = await asyncio.to_thread(file.read_text, encoding="utf-8")
        now_us = SystemClock().now_us()
        own_id = organisations[0] if organisations else 0
        done = await import_rules(conn, organisations, own_id, text, now_us, dry=dry_run)
        lines = [f"+ {rule.kind}: {rule.name_zh}" for rule in done.added]
        lines += [f"~ {rule.kind}: {rule.name_zh}" for rule in done.changed]
        said = "would change, nothing is changed" if dry_run else "done"
        counts = f"{len(done.added)} new, {len(done.changed)} changed"
        lines.append(f"{counts}, {done.unchanged} as they were: {said}")
        return "\n".join(lines)

    _do(work)


def _do(work: Work) -> None:
    try:
        typer.echo(asyncio.run(_with_database(work)))
    except RuleFileProblem as problem:
        typer.echo(f"the file is refused, nothing is changed: {problem}", err=True)
        sys.exit(1)
    except (DatabaseProblem, ValidationError, OSError, UnicodeDecodeError) as problem:
        typer.echo(str(problem), err=True)
        sys.exit(2)


async def _with_database(work: Work) -> str:
    settings = Settings()
    chosen = settings.database
    database = await open_database(chosen.url, settings.data_dir, timescale=chosen.timescale)
    try:
        conn = await database.connect()
        try:
            cursor = await conn.execute("SELECT id FROM organisations ORDER BY id")
            return await work(conn, [row[0] for row in await cursor.fetchall()])
        finally:
            await conn.close()
    finally:
        await database.close()
