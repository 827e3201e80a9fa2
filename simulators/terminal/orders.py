"""How a simulated terminal obeys: media, areas, recorder, firmware, driver's menus.

Standard 8.16 (0x8108), 8.24 to 8.47, 8.54 to 8.60; a table, one function a message.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from protocols.jt808.header import Header
from protocols.jt808.recorder import SAYS, pack_block
from protocols.jt808.times import bcd_of_china, show_time
from simulators.terminal.belongings import Album, Medium
from simulators.terminal.camera import photo
from simulators.terminal.sound import sound

if TYPE_CHECKING:
    from simulators.terminal.logic import TerminalLogic

Body = dict[str, Any]
OK, FAILED, UNSUPPORTED = 0, 1, 3
MAX_PHOTOS = 10  # one 0x8801 may ask for 65,534
RECORD = 0xFFFF
IMAGE, AUDIO = 0, 1
JPEG, WAV = 0, 3
LOCATION_BYTES = 28
_ANY_CHANNEL = 0
_UNSET = show_time(bytes(6))
# 0x8600 to 0x8606 by the query type of 0x8608, and which field lists the areas.
_SET_BY_TYPE = {1: 0x8600, 2: 0x8602, 3: 0x8604, 4: 0x8606}
_UPDATE = 0


def agree(terminal: TerminalLogic, header: Header, _body: Body) -> None:
    """0x0001, done."""
    terminal.ack(header, OK)


def shoot(terminal: TerminalLogic, header: Header, body: Body) -> None:
    """0x8801: photos, uploaded at once or kept."""
    shots = body["command"]
    if not 0 < shots < RECORD:
        terminal.ack(header, UNSUPPORTED)
        return
    numbers = [_number(terminal) for _ in range(min(shots, MAX_PHOTOS))]
    if terminal.version == "2011":
        terminal.ack(header, OK)
    else:
        answer = {"ack_serial": header.serial, "result": OK, "media_ids": numbers}
        terminal.send(0x0805, answer)
    for number in numbers:
        data = photo(body["resolution"], terminal.chance)
        _made(terminal, number, (IMAGE, JPEG), body["channel"], data, keep=body["save"])


def record(terminal: TerminalLogic, header: Header, body: Body) -> None:
    """0x8804: a tone of that length, uploaded at once or kept."""
    terminal.ack(header, OK)
    if body["command"]:
        data = sound(min(body["duration_s"], 10) or 1)
        number = _number(terminal)
        _made(terminal, number, (AUDIO, WAV), 0, data, keep=body["save"])


def _number(terminal: TerminalLogic) -> int:
    return terminal.chance.randrange(1, 1 << 31)


def _made(
    terminal: TerminalLogic,
    number: int,
    kind: tuple[int, int],
    channel: int,
    data: bytes,
    *,
    keep: int,
) -> None:
    medium = Medium(*kind, 0, channel, terminal.where()[:LOCATION_BYTES], data)
    if not keep:
        upload(terminal, number, medium)
        return
    terminal.store(number, medium)
    said = {"media_id": number, "event": 0, "channel": channel}
    terminal.send(0x0800, {**said, "media_type": kind[0], "format": kind[1]})


def upload(terminal: TerminalLogic, number: int, medium: Medium) -> None:
    """0x0801 in packages, kept until 0x8800 names the file."""
    location = b"" if terminal.version == "2011" else medium.location
    head = number.to_bytes(4, "big")
    head += bytes((medium.media_type, medium.format, medium.event, medium.channel))
    serial = terminal.next_serial
    album = Album(serial, terminal.frames(0x0801, head + location + medium.data))
    terminal.begin(number, album)
    terminal.send_again(album.frames)


def _wanted(terminal: TerminalLogic, body: Body) -> dict[int, Medium]:
    """What a search means; a time of zeros bounds nothing."""
    edges = ["" if body[name] == _UNSET else body[name] for name in ("start", "end")]

    def fits(medium: Medium) -> bool:
        time = show_time(medium.location[22:28])
        return (
            medium.media_type == body["media_type"]
            and medium.event == body["event"]
            and body["channel"] in (_ANY_CHANNEL, medium.channel)
            and (not edges[0] or time >= edges[0])
            and (not edges[1] or time <= edges[1])
        )

    return {number: medium for number, medium in terminal.stored.items() if fits(medium)}


def search(terminal: TerminalLogic, header: Header, body: Body) -> None:
    """0x8802: what is stored, by 0x0802."""
    found = _wanted(terminal, body)
    items = b"".join(
        (b"" if terminal.version == "2011" else number.to_bytes(4, "big"))
        + bytes((medium.media_type, medium.channel, medium.event))
        + medium.location
        for number, medium in found.items()
    )
    count = len(found).to_bytes(2, "big")
    terminal.send(0x0802, header.serial.to_bytes(2, "big") + count + items)


def upload_all(terminal: TerminalLogic, header: Header, body: Body) -> None:
    """0x8803."""
    terminal.ack(header, OK)
    for number, medium in _wanted(terminal, body).items():
        _give(terminal, number, medium, body["delete"])


def upload_one(terminal: TerminalLogic, header: Header, body: Body) -> None:
    """0x8805."""
    number = body["media_id"]
    medium = terminal.stored.get(number)
    terminal.ack(header, FAILED if medium is None else OK)
    if medium is not None:
        _give(terminal, number, medium, body["delete"])


def _give(terminal: TerminalLogic, number: int, medium: Medium, delete: int) -> None:
    upload(terminal, number, medium)
    if delete:
        del terminal.stored[number]


def set_areas(terminal: TerminalLogic, header: Header, body: Body) -> None:
    """0x8600, 0x8602: circles, rectangles."""
    held = terminal.areas.setdefault(header.message_id, {})
    if body["action"] == _UPDATE:
        held.clear()
    held |= {area["area_id"]: area for area in body["areas"]}
    terminal.ack(header, OK)


def set_shape(terminal: TerminalLogic, header: Header, body: Body) -> None:
    """0x8604, 0x8606: a polygon, a route."""
    held = terminal.areas.setdefault(header.message_id, {})
    held[int(body["area_id"] if "area_id" in body else body["route_id"])] = body
    terminal.ack(header, OK)


def delete_areas(terminal: TerminalLogic, header: Header, body: Body) -> None:
    """0x8601 to 0x8607: the named ones, or all."""
    held = terminal.areas.get(header.message_id - 1, {})
    for number in body["ids"] or list(held):
        held.pop(number, None)
    terminal.ack(header, OK)


def tell_areas(terminal: TerminalLogic, header: Header, body: Body) -> None:
    """0x8608: as they were set."""
    held = terminal.areas.get(_SET_BY_TYPE.get(body["query_type"], 0), {})
    wanted = body["ids"] or list(held)
    items = [held[number] for number in wanted if number in held]
    terminal.ack(header, OK)
    terminal.send(0x0608, {"query_type": body["query_type"], "items": items})


def ask_driver(terminal: TerminalLogic, header: Header, body: Body) -> None:
    """0x8302: the driver chooses the first answer."""
    choices = body["answers"]
    if not choices:
        terminal.ack(header, FAILED)
        return
    terminal.send(0x0302, {"ack_serial": header.serial, "answer_id": choices[0]["id"]})


def turn(terminal: TerminalLogic, header: Header, _body: Body) -> None:
    """0x8500: done, and where that was."""
    terminal.send(0x0500, header.serial.to_bytes(2, "big") + terminal.where())


def tell_driver(terminal: TerminalLogic, _header: Header, _body: Body) -> None:
    """0x8702: a card that was taken out."""
    now = show_time(bcd_of_china(round(terminal.now_s * 1e6)))
    if terminal.version == "2011":
        names = ("driver_name", "driver_id_card", "qualification_code", "issuer")
        terminal.send(0x0702, dict.fromkeys(names, "1"))
    else:
        terminal.send(0x0702, {"card_status": 2, "time": now})


def tell_record(terminal: TerminalLogic, header: Header, body: Body) -> None:
    """0x8700: the clock, the licence; of other records there are none."""
    now = bcd_of_china(round(terminal.now_s * 1e6))
    said = {0x01: b"320100198001011234", 0x02: now}.get(body["command"], b"")
    block = pack_block(SAYS, body["command"], said)
    answer = {"ack_serial": header.serial, "command": body["command"], "data": block.hex()}
    terminal.send(0x0700, answer)


def take_upgrade(terminal: TerminalLogic, header: Header, body: Body) -> None:
    """0x8108: acknowledged, then installed."""
    terminal.upgrades.append(body)
    terminal.ack(header, OK)
    whole = body["length"] == len(body["data"]) // 2
    terminal.later(0x0108, bytes((body["type"], OK if whole else FAILED)))


def give_key(terminal: TerminalLogic, header: Header, _body: Body) -> None:
    """0x8A00: the terminal's own key in return."""
    terminal.ack(header, OK)
    terminal.send(0x0A00, {"e": 65_537, "n": "00" * 128})


Order = Callable[["TerminalLogic", Header, Body], None]
ORDERS: dict[int, Order] = {
    0x8108: take_upgrade,
    0x8301: agree,
    0x8302: ask_driver,
    0x8303: agree,
    0x8304: agree,
    0x8400: agree,
    0x8401: agree,
    0x8500: turn,
    0x8600: set_areas,
    0x8601: delete_areas,
    0x8602: set_areas,
    0x8603: delete_areas,
    0x8604: set_shape,
    0x8605: delete_areas,
    0x8606: set_shape,
    0x8607: delete_areas,
    0x8608: tell_areas,
    0x8700: tell_record,
    0x8701: agree,
    0x8702: tell_driver,
    0x8801: shoot,
    0x8802: search,
    0x8803: upload_all,
    0x8804: record,
    0x8805: upload_one,
    0x8900: agree,
    0x8A00: give_key,
}
