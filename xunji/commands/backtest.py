"""`xunji backtest`: what a rule would have found, against what was raised."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from pydantic import ValidationError

from api.back_test_view import result_json
from api.errors import ApiProblem
from api.rule_file import RuleFileProblem, read_rules, rule_of
from pipeline.back_test import NICENESS, BackTestProblem, Job, Result, back_test
from storage.database import Connection, open_database
from storage.problems import DatabaseProblem
from storage.registers import devices
from xunji.progress import ProgressBar
from xunji.settings import Settings

MAX_SHOWN = 40


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(backtest)


def backtest(
    *,
    rule: Annotated[Path, typer.Option(help="a file as of xunji rules export, with one rule")],
    since: Annotated[str, typer.Option("--from", help="2026-05-01 or 2026-05-01T06:00+08:00")],
    until: Annotated[str, typer.Option("--to", help="end of the period, not included")],
    as_json: Annotated[bool, typer.Option("--json", help="the whole result, for programs")] = False,
) -> None:
    """Judge a past period anew by a rule that is not saved, and compare with what was raised.

    Times without an offset are this machine's local times.
    """
    period_us = _time_us(since, "--from"), _time_us(until, "--to")
    if period_us[0] >= period_us[1]:
        raise typer.BadParameter("--from must lie before --to")
    os.nice(NICENESS)  # the server beside us judges live
    bar = None if as_json else ProgressBar()
    try:
        shown = asyncio.run(_run(rule, period_us, bar))
    except (RuleFileProblem, BackTestProblem, DatabaseProblem, ValidationError, OSError) as problem:
        typer.echo(str(problem), err=True)
        sys.exit(2)
    except ApiProblem as problem:
        typer.echo(f"{rule}: {problem.detail}", err=True)
        sys.exit(2)
    typer.echo(msgspec.json.encode(shown).decode() if as_json else _table(shown))


def _time_us(text: str, option: str) -> int:
    try:
        return int(datetime.fromisoformat(text).timestamp() * 1e6)
    except ValueError as error:
        raise typer.BadParameter(
            f"{option}: {text!r} is not a time; write 2026-05-01T06:00"
        ) from error


async def _run(file: Path, period_us: tuple[int, int], bar: ProgressBar | None) -> dict[str, Any]:
    text = await asyncio.to_thread(file.read_text, encoding="utf-8")
    settings = Settings()
    chosen = settings.database
    database = await open_database(chosen.url, settings.data_dir, timescale=chosen.timescale)
    try:
        conn = await database.connect()
        try:
            return await _test(conn, text, period_us, bar)
        finally:
            await conn.close()
    finally:
        await database.close()


async def _test(
    conn: Connection, text: str, period_us: tuple[int, int], bar: ProgressBar | None
) -> dict[str, Any]:
    entries = read_rules(text)
    if len(entries) != 1:
        raise RuleFileProblem("rules", f"give one rule, here are {len(entries)}")
    cursor = await conn.execute("SELECT id FROM organisations ORDER BY id")
    organisations = tuple(row[0] for row in await cursor.fetchall())
    job = Job(
        rule=await rule_of(conn, organisations, entries[0], period_us[1]),
        from_us=period_us[0],
        to_us=period_us[1],
        organisations=organisations,
    )

    def tell(share: float) -> None:
        if bar is not None:
            bar.show(share, "judged")

    result: Result = await back_test(conn, job, tell)
    known = {row["id"]: row for row in await devices(conn, organisations)}
    return result_json(result, known)


def _table(shown: dict[str, Any]) -> str:
    diff = shown["diff"]
    lines = [
        f"\n{shown['found']} found now, {diff['raised']} raised then:"
        f" {diff['same']} the same, {diff['only_now']} only now, {diff['only_before']} only then"
        f" ({shown['devices']} units, {shown['positions']:,} positions, {shown['seconds']:.1f} s)"
    ]
    for found in shown["findings"][:MAX_SHOWN]:
        mark = "+" if found["verdict"] == "only_now" else "="
        unit = found["device"]["plate"] or found["device"]["name"]
        lines.append(f"{mark} {found['started_at']}  {unit}  {found['sentence_en']}")
    for gone in diff["missing"][:MAX_SHOWN]:
        unit = gone["device"]["plate"] or gone["device"]["name"]
        lines.append(f"- {gone['started_at']}  {unit}  violation {gone['violation_id']}")
    if shown["cut"] or max(shown["found"], diff["only_before"]) > MAX_SHOWN:
        lines.append("... --json lists more")
    return "\n".join(lines)
