"""`xunji why-not`: why a rule raised nothing of a unit, at a time or over a period."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from model.rulebook import Device
from pipeline.why_not import ask_why_not, ask_why_not_between
from rules.why_not_words import Answer
from storage.database import Connection, open_database
from storage.in_force import rules_in_force
from storage.instants import to_datetime
from storage.problems import DatabaseProblem
from storage.registers import devices
from xunji.clock import SystemClock
from xunji.settings import Settings

MAX_NAMED = 20  # names that a refusal lists
DAY_US = 86_400_000_000
_WHEN = "2026-05-01T06:00, or with an offset"


class _Unclear(Exception):
    """A name that means nothing, or several things; the text says what there is."""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("why-not")(why_not)


def why_not(
    device: Annotated[str, typer.Argument(help="plate, identity, name, or #id")],
    rule: Annotated[str, typer.Argument(help="name, kind, or #id")],
    *,
    at: Annotated[str, typer.Option(help=f"{_WHEN}; none: now")] = "",
    since: Annotated[str, typer.Option("--from", help=_WHEN)] = "",
    until: Annotated[str, typer.Option("--to", help="end of the period, at most a day")] = "",
) -> None:
    """Say what stood against a violation.

    Times without an offset are this machine's local times.
    """
    if bool(since) != bool(until) or (since and at):
        raise typer.BadParameter("give --at, or --from with --to")
    now_us = SystemClock().now_us()
    period_us = (_time_us(since), min(_time_us(until), now_us)) if since else None
    if period_us is not None and not 0 < period_us[1] - period_us[0] <= DAY_US:
        raise typer.BadParameter("--from must lie before --to and before now, at most a day")
    at_us = _time_us(at) if at else now_us
    if at_us > now_us:
        raise typer.BadParameter("--at lies in the future")
    try:
        typer.echo(asyncio.run(_ask((device, rule), at_us, period_us)))
    except _Unclear as unclear:
        typer.echo(str(unclear), err=True)
        sys.exit(2)
    except (DatabaseProblem, ValidationError, OSError) as problem:
        typer.echo(str(problem), err=True)
        sys.exit(2)


def _time_us(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text).timestamp() * 1e6)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a time; write 2026-05-01T06:00") from error


async def _ask(names: tuple[str, str], at_us: int, period_us: tuple[int, int] | None) -> str:
    settings = Settings()
    chosen = settings.database
    database = await open_database(chosen.url, settings.data_dir, timescale=chosen.timescale)
    try:
        async with database.pool.connection() as conn:
            unit, rule_id = await _named(conn, *names, now_us=at_us)
            if period_us is None:
                return _lines(await ask_why_not(conn, unit, rule_id, at_us))
            runs = await ask_why_not_between(conn, unit, rule_id, period_us)
            return "\n".join(
                f"{_clock(run.from_us)} - {_clock(run.to_us)}  {_lines(run.answer)}" for run in runs
            )
    finally:
        await database.close()


async def _named(conn: Connection, device: str, rule: str, now_us: int) -> tuple[Device, int]:
    cursor = await conn.execute("SELECT id FROM organisations")
    everyone = [row[0] for row in await cursor.fetchall()]
    units = await devices(conn, everyone)
    unit = _one(units, device, ("plate", "identity", "name"), "unit")
    rules = await rules_in_force(conn, everyone, now_us)
    chosen = _one(rules, rule, ("name_zh", "name_en", "kind"), "rule")
    return Device(**{name: unit[name] for name in Device.__struct_fields__}), int(chosen["id"])


def _one(
    rows: list[dict[str, Any]], wanted: str, columns: tuple[str, ...], what: str
) -> dict[str, Any]:
    found = [
        row for row in rows if wanted in (f"#{row['id']}", *(row[column] for column in columns))
    ]
    if len(found) == 1:
        return found[0]
    listed = (found or rows)[:MAX_NAMED]
    known = ", ".join(f"#{row['id']} {row[columns[0]] or row[columns[-1]]}" for row in listed)
    said = "several are called" if found else "there is no"
    raise _Unclear(f"{what}: {said} {wanted!r}; take one of: {known or 'none at all'}")


def _lines(found: Answer) -> str:
    """The answer, and each clause below it."""
    marks = {"yes": "+", "no": "-", "unknown": "?", "hold": "~"}
    lines = [f"{found.code}: {found.en} / {found.zh}"]
    lines += [f"  {marks[said.value]} {said.en} / {said.zh}" for said in found.clauses]
    return "\n".join(lines)


def _clock(time_us: int) -> str:
    return to_datetime(time_us).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
