"""`xunji user add`: the first account of a new server, and any later one from the command line."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Annotated, Any, get_args

import typer

from storage.database import Connection, open_database
from storage.migrate import migrate
from storage.organisations import create_organisation, organisation_named
from storage.patrol import inspector_of
from storage.problems import DatabaseProblem
from storage.registers import device_of_identity, known_identities
from storage.terminal_tokens import issue_token
from storage.users import Role, create_user
from xunji.commands.device import Line, Protocol, shown_token
from xunji.settings import Settings

ROLES: tuple[str, ...] = get_args(Role)
MINIMUM_LENGTH = 8


def add_to(app: typer.Typer) -> None:
    """Add the command group."""
    users = typer.Typer(no_args_is_help=True, help="Accounts of people.")
    users.callback()(lambda: None)
    users.command("add")(add)
    app.add_typer(users, name="user")


def add(
    username: Annotated[str, typer.Argument(help="the name to log in with")],
    *,
    role: Annotated[
        str, typer.Option(help="chief, dispatcher, officer, company or inspector")
    ] = "chief",
    organisation: Annotated[
        str, typer.Option(help="its name; made when there is none so called")
    ] = "城市管理局",
    parent: Annotated[
        str | None, typer.Option(help="the organisation above a new one; none: it sees everything")
    ] = None,
    display_name: Annotated[str | None, typer.Option(help="as shown to others")] = None,
    locale: Annotated[str, typer.Option(help="zh or en")] = "zh",
    handset: Annotated[
        str | None, typer.Option(help="whose account an inspector's is: the terminal's identity")
    ] = None,
    protocol: Protocol = "handset",
    token: Annotated[
        bool, typer.Option("--token", help="issue that terminal a token, too, and show it")
    ] = False,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="read the password from standard input")
    ] = False,
) -> None:
    """Make an account, or give an existing one a new password, role and organisation."""
    if role not in ROLES:
        raise typer.BadParameter(f"a role is one of {', '.join(ROLES)}")
    if token and handset is None:
        raise typer.BadParameter("--token is for the terminal that --handset names")
    account = {
        "username": username,
        "role": role,
        "display_name": display_name or username,
        "locale": locale,
        "password": _password(from_stdin=password_stdin),
    }
    terminal = None if handset is None else (protocol, handset)
    try:
        shown = asyncio.run(_save(account, organisation, parent, terminal, token=token))
    except DatabaseProblem as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(1) from None
    typer.echo("\n".join([f"{username} ({role}, {organisation})", *map("  ".join, shown)]))


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    if len(password) < MINIMUM_LENGTH:
        raise typer.BadParameter(f"a password has at least {MINIMUM_LENGTH} characters")
    return password


async def _save(
    account: dict[str, Any],
    organisation: str,
    parent: str | None,
    terminal: tuple[str, str] | None,
    *,
    token: bool,
) -> list[Line]:
    """`terminal`: protocol and identity. What is to be shown of its token."""
    settings = Settings()
    database = await open_database(
        settings.database.url, settings.data_dir, timescale=settings.database.timescale
    )
    try:
        await migrate(database)
        async with database.pool.connection() as conn:
            organisation_id = await _organisation(conn, organisation, parent)
            device_id = None if terminal is None else await _inspector(conn, *terminal)
            await create_user(conn, organisation_id=organisation_id, device_id=device_id, **account)
            issued = await issue_token(conn, None, device_id) if device_id and token else None
            return [] if issued is None else shown_token(*issued, settings)
    finally:
        await database.close()


async def _inspector(conn: Connection, protocol: str, identity: str) -> int:
    device_id = await device_of_identity(conn, protocol, identity)
    if device_id is None:
        spoken = sorted(speaks for speaks, _ in await known_identities(conn, [identity]))
        also = f"; --protocol {' or '.join(spoken)} has one" if spoken else ""
        raise typer.BadParameter(f"no {protocol} terminal has the identity {identity!r}{also}")
    if await inspector_of(conn, device_id, time.time_ns() // 1_000) is None:
        raise typer.BadParameter(f"{identity!r} is no inspector's, whose account this could be")
    return device_id


async def _organisation(conn: Connection, name: str, parent: str | None) -> int:
    parent_id = await organisation_named(conn, parent) if parent else None
    if parent and parent_id is None:
        raise typer.BadParameter(f"there is no organisation called {parent}")
    found = await organisation_named(conn, name)
    return await create_organisation(conn, name, "", parent_id) if found is None else found
