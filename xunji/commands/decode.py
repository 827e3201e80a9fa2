"""`xunji decode`: one frame annotated, or one JSON object a line."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from protocols.contract import Description, ProtocolError, TerminalProtocol
from protocols.jt808 import JT808
from protocols.jt808.profiles import PROFILES, ProfileError, parse_profile
from protocols.registry import protocols_by_name

MAX_BYTES_SHOWN = 24  # of one field


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="decode")(decode)


def decode(
    frame: Annotated[
        str | None, typer.Argument(help="one frame as hex, or as text for text protocols")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="read a frame a line, print a JSON object a line")
    ] = False,
    protocol: Annotated[
        str | None, typer.Option(help="its name; without it the first bytes decide")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="what its bits mean: a profile's name, or a file")
    ] = None,
) -> None:
    """Show what a frame says."""
    if profile is not None:
        _speak(profile)
    if protocol is not None and protocol not in protocols_by_name():
        known = ", ".join(sorted(protocols_by_name()))
        raise typer.BadParameter(f"{protocol!r} is not known; there are {known}")
    if as_json:
        lines = [frame] if frame else sys.stdin
        for line in lines:
            if line.strip():
                print(_json_line(line.strip(), protocol), flush=frame is None)
    elif frame:
        shown = _describe(frame.strip(), protocol)
        print(annotate(frame.strip(), shown))
        raise typer.Exit(1 if shown.error else 0)
    else:
        raise typer.BadParameter("give a frame, or --json and frames on standard input")


def _speak(name: str) -> None:
    """Use a profile for all that is decoded."""
    try:
        if Path(name).suffix == ".toml":
            text = Path(name).read_text(encoding="utf-8")
            JT808.profile = parse_profile(text, name, PROFILES)
        else:
            JT808.profile = PROFILES[name]
    except KeyError as error:
        known = ", ".join(sorted(PROFILES))
        raise typer.BadParameter(f"{name!r} is not known; there are {known}, or a file") from error
    except (ProfileError, OSError) as error:
        raise typer.BadParameter(str(error)) from error


def _describe(text: str, name: str | None) -> Description:
    protocols = protocols_by_name()
    chosen = protocols[name] if name else _recognised(text, list(protocols.values()))
    if chosen is None:
        error = ProtocolError("unknown_protocol", "no protocol starts so; name one: --protocol")
        return Description("unknown", "unknown", {}, [], [], [], error)
    return chosen.describe(text)


def _recognised(text: str, protocols: list[TerminalProtocol]) -> TerminalProtocol | None:
    heads = [text.encode()]
    with suppress(ValueError):
        heads.insert(0, bytes.fromhex(text))
    for head in heads:
        for protocol in protocols:
            if protocol.recognises(head):
                return protocol
    return None


def _json_line(text: str, name: str | None) -> str:
    shown = _describe(text, name)
    error = shown.error
    line: dict[str, Any] = {
        "protocol": shown.protocol,
        "message": shown.message,
        "fields": shown.fields,
        "positions": shown.positions,
        "replies": shown.replies,
        "error": {"reason": error.reason, "detail": error.detail} if error else None,
    }
    return msgspec.json.encode(line).decode()


def annotate(text: str, shown: Description) -> str:
    """A table: offset, bytes, field, value; then positions and replies."""
    lines = [f"{shown.protocol} {shown.message}"]
    rows = [
        (str(offset), _bytes_at(text, offset, size), name, value)
        for offset, size, name, value in shown.pieces
    ]
    if rows:
        head = ("offset", "bytes", "field", "value")
        widths = [max(len(row[i]) for row in [head, *rows]) for i in range(3)]
        lines += [_line(row, widths) for row in [head, *rows]]
    for position in shown.positions:
        lines.append("position  " + msgspec.json.encode(position).decode())
    lines += [f"reply     {reply}" for reply in shown.replies]
    if shown.error:
        lines.append(f"refused: {shown.error.reason}: {shown.error.detail}")
    return "\n".join(lines)


def _line(row: tuple[str, str, str, str], widths: list[int]) -> str:
    cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
    return "  ".join([*cells, row[3]]).rstrip()


def _bytes_at(text: str, offset: int, size: int) -> str:
    """The bytes of a piece as hex, unescaped where the frame is JT/T 808."""
    try:
        data = bytes.fromhex(text)
    except ValueError:
        return text.encode()[offset : offset + size].decode(errors="replace")
    if data[:1] == b"\x7e":
        data = data.strip(b"\x7e").replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
    shown = data[offset : offset + min(size, MAX_BYTES_SHOWN)].hex()
    return shown + ("..." if size > MAX_BYTES_SHOWN else "")
