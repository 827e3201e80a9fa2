"""`xunji device`: tokens of terminals, for one, for all that lack one, and for a broker."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from model.tokens import encryption_key
from storage.database import Connection, open_database
from storage.migrate import migrate
from storage.problems import DatabaseProblem
from storage.registers import device_of_identity
from storage.terminal_tokens import Holder, holders, issue_token
from xunji.options import secret_of
from xunji.settings import Settings

MQTT = ("handset", "nmea", "owntracks")
Line = tuple[str, ...]
Protocol = Annotated[str, typer.Option(help="handset, owntracks, osmand, nmea, ...")]


def add_to(app: typer.Typer) -> None:
    """Add the command group."""
    devices = typer.Typer(no_args_is_help=True, help="Tokens of terminals.")
    devices.callback()(lambda: None)
    devices.command("token")(token)
    devices.command("tokens")(tokens)
    devices.command("passwords")(passwords)
    app.add_typer(devices, name="device")


def token(
    identity: Annotated[str, typer.Argument(help="as in the register")],
    protocol: Protocol = "handset",
) -> None:
    """Issue a token to one terminal and show it; an earlier one is good no more."""
    found = _run(lambda conn, settings: _issue_one(conn, settings, protocol, identity))
    typer.echo("\n".join("  ".join(line) for line in found))


def tokens(protocol: Protocol = "handset") -> None:
    """Issue tokens to all terminals of a protocol that have none: lines identity,token."""
    for line in _run(lambda conn, settings: _issue_missing(conn, settings, protocol)):
        typer.echo(",".join(line))


def passwords() -> None:
    """A password file for Mosquitto: terminals that come by MQTT log in with their tokens."""
    for line in _run(lambda conn, _settings: _broker_lines(conn)):
        typer.echo(":".join(line))


async def _issue_one(
    conn: Connection, settings: Settings, protocol: str, identity: str
) -> list[Line]:
    device_id = await device_of_identity(conn, protocol, identity)
    issued = None if device_id is None else await issue_token(conn, None, device_id)
    if issued is None:
        raise typer.BadParameter(f"the register has no {protocol} terminal called {identity}")
    return shown_token(*issued, settings)


async def _issue_missing(conn: Connection, settings: Settings, protocol: str) -> list[Line]:
    lines: list[Line] = []
    for holder in await holders(conn, [protocol]):
        if holder.token_hash is None and (
            issued := await issue_token(conn, None, holder.device_id)
        ):
            found = shown_token(*issued, settings)
            lines.append((holder.identity, *(line[1] for line in found)))
    return lines


async def _broker_lines(conn: Connection) -> list[Line]:
    found = await holders(conn, MQTT)
    return [(_username(h), h.token_hash) for h in found if h.token_hash is not None]


def _username(holder: Holder) -> str:
    """OwnTracks logs in as the user; the device is the rest of the topic."""
    return holder.identity.partition("/")[0] if holder.protocol == "owntracks" else holder.identity


def shown_token(holder: Holder, token: str, settings: Settings) -> list[Line]:
    """What a person needs to set a terminal up: name and value."""
    lines: list[Line] = [("token", token)]
    if holder.protocol == "owntracks":
        secret = secret_of(settings).encode()
        key = encryption_key(secret, holder.protocol, holder.identity)
        lines.append(("encryption-key", key))
    return lines


def _run(work: Callable[[Connection, Settings], Awaitable[list[Line]]]) -> list[Line]:
    async def connected() -> list[Line]:
        settings = Settings()
        database = await open_database(
            settings.database.url, settings.data_dir, timescale=settings.database.timescale
        )
        try:
            await migrate(database)
            async with database.pool.connection() as conn:
                return await work(conn, settings)
        finally:
            await database.close()

    try:
        return asyncio.run(connected())
    except DatabaseProblem as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(1) from None
