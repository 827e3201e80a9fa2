"""What a simulated terminal does with each message of the server: a table, one function a message.

Standard 8.2 (0x8001) to 8.23 (0x8300); the others are in `orders`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from protocols.jt808.header import Header
from protocols.jt808.messages import encode_body
from simulators.terminal.belongings import MAX_ALBUMS
from simulators.terminal.credentials import attributes
from simulators.terminal.orders import ORDERS, UNSUPPORTED, agree

if TYPE_CHECKING:
    from simulators.terminal.logic import TerminalLogic

Values = dict[int, Any]
Body = dict[str, Any]
OK = 0
REGISTER, LOG_IN, TERMINAL_ACK = 0x0100, 0x0102, 0x0001
RESET = 4
# Messages that an edition brought; the others are in all.
SINCE = {
    0x8003: "2013", 0x8106: "2013", 0x8107: "2013", 0x8203: "2013", 0x8108: "2013", 0x8702: "2013",
    0x8004: "2019", 0x8204: "2019", 0x8608: "2019",
}  # fmt: skip


def _acknowledged(terminal: TerminalLogic, _header: Header, body: Body) -> None:
    about, result = int(body["ack_id"], 16), body["result"]
    if about != LOG_IN:
        return
    if result == OK:
        terminal.logged_in()
    else:
        terminal.refuse(f"log-in refused, {body}")


def _registered(terminal: TerminalLogic, _header: Header, body: Body) -> None:
    if body["result"] == OK:
        terminal.registered(str(body["token"]))
    else:
        terminal.refuse(f"registration refused, {body}")


def _set_parameters(terminal: TerminalLogic, header: Header, body: Body) -> None:
    terminal.set_parameters({int(name, 16): value for name, value in body["params"].items()})
    terminal.ack(header, OK)


def _tell_parameters(terminal: TerminalLogic, header: Header, body: Body) -> None:
    wanted = body.get("ids", terminal.parameters)
    known = {f"0x{i:04X}": terminal.parameters[i] for i in wanted if i in terminal.parameters}
    terminal.send(0x0104, {"ack_serial": header.serial, "params": known})


def _tell_attributes(terminal: TerminalLogic, _header: Header, _body: Body) -> None:
    terminal.send(0x0107, attributes(terminal.identity, terminal.version, terminal.plate))


def _control(terminal: TerminalLogic, header: Header, body: Body) -> None:
    known = body["command"] == RESET
    terminal.ack(header, OK if known else UNSUPPORTED)
    terminal.lost = terminal.lost or known


def _tell_location(terminal: TerminalLogic, header: Header, _body: Body) -> None:
    serial = b"" if terminal.version == "2011" else header.serial.to_bytes(2, "big")
    terminal.send(0x0201, serial + terminal.where())


def _track(terminal: TerminalLogic, header: Header, body: Body) -> None:
    every_s, lasts_s = body["interval_s"], body.get("validity_s", 0)
    terminal.tracking = (every_s, terminal.now_s + lasts_s) if every_s else None
    terminal.ack(header, OK)


def _show_text(terminal: TerminalLogic, header: Header, body: Body) -> None:
    terminal.texts.append(str(body["text"]))
    values = {"ack_serial": header.serial, "ack_id": "0x8300", "result": OK}
    terminal.later(TERMINAL_ACK, encode_body(TERMINAL_ACK, values, terminal.version))


def _ignore(_terminal: TerminalLogic, _header: Header, _body: Body) -> None:
    """Nothing to say to it."""


def _media_stored(terminal: TerminalLogic, _header: Header, body: Body) -> None:
    album = terminal.albums.get(body["media_id"])
    if album is None:
        return
    missing = body.get("retransmit") or []
    if missing:
        terminal.send_again(album.frames[i - 1] for i in missing if 0 < i <= len(album.frames))
    else:
        del terminal.albums[body["media_id"]]


def _send_packages(terminal: TerminalLogic, _header: Header, body: Body) -> None:
    for album in terminal.albums.values():
        if album.first_serial == body["original_serial"]:
            wanted = [i for i in body["package_ids"] if 0 < i <= len(album.frames)]
            terminal.send_again(album.frames[i - 1] for i in wanted)


def _note_files_wanted(terminal: TerminalLogic, header: Header, body: Body) -> None:
    """0x9208: `attachments.send_files` sends them over a connection of its own."""
    terminal.files_wanted = [*terminal.files_wanted[1 - MAX_ALBUMS :], body]
    terminal.ack(header, OK)


ANSWERS: dict[int, Callable[[TerminalLogic, Header, Body], None]] = {
    0x8001: _acknowledged,
    0x8003: _send_packages,
    0x8004: _ignore,
    0x8100: _registered,
    0x8103: _set_parameters,
    0x8104: _tell_parameters,
    0x8105: _control,
    0x8106: _tell_parameters,
    0x8107: _tell_attributes,
    0x8201: _tell_location,
    0x8202: _track,
    0x8203: agree,
    0x8204: agree,
    0x8300: _show_text,
    0x8800: _media_stored,
    0x9208: _note_files_wanted,
    **ORDERS,
}
