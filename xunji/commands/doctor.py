"""`xunji doctor`: what is wrong here, and how to mend it."""

from __future__ import annotations

import asyncio
import os
import sys
from enum import StrEnum
from typing import Annotated

import msgspec
import typer
from pydantic import ValidationError

from xunji.doctor import Check, examine
from xunji.settings import Settings

_MARKS = {"ok": "✓", "note": "·", "warning": "!", "broken": "✗"}


class Language(StrEnum):
    """What a person reads."""

    zh = "zh"
    en = "en"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def _own_language() -> Language:
    spoken = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return Language.zh if spoken.startswith("zh") else Language.en


def doctor(
    *,
    language: Annotated[
        Language | None, typer.Option(help="of the advice; without it that of LANG")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="for programs, both languages")] = False,
) -> None:
    """Check database, broker, ports, disk and clock, and say how to mend each.

    Exit status 1 if something is broken.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        checks = [_wrong_setting(problem["loc"], problem["msg"]) for problem in error.errors()]
    else:
        checks = asyncio.run(examine(settings))
    broken = any(check.state == "broken" for check in checks)
    if as_json:
        typer.echo(msgspec.json.encode({"ok": not broken, "checks": checks}).decode())
    else:
        _print(checks, language or _own_language())
    sys.exit(1 if broken else 0)


def _wrong_setting(place: tuple[int | str, ...], message: str) -> Check:
    name = "XUNJI_" + "__".join(str(part).upper() for part in place)
    return Check(
        name="settings",
        state="broken",
        zh=f"设置 {name} 不对：{message}",
        en=f"setting {name}: {message}",
        mend_zh="改正环境变量或 xunji.toml；各项设置见 docs/operations.md。",
        mend_en="correct the environment variable or xunji.toml; docs/operations.md lists them.",
    )


def _print(checks: list[Check], language: Language) -> None:
    for check in checks:
        typer.echo(f"{_MARKS[check.state]} {check.name:<16} {check.found(language.value)}")
        if check.mend(language.value):
            typer.echo(f"  {'':<16} -> {check.mend(language.value)}")
