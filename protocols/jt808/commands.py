"""Commands to a terminal as messages: a table by kind. JT/T 808-2013 8.9 to 8.62.

Whatever has no kind of its own goes as kind "message": any message of the platform, by field.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from protocols.contract import ProtocolError
from protocols.jt808.bits import ALARM_BITS
from protocols.jt808.fence_areas import area_values, deletion_values, query_values
from protocols.jt808.media import EVENTS, MEDIA_TYPES
from protocols.jt808.messages import FIRST_PLATFORM_ID, MESSAGES
from protocols.jt808.parameter_names import BY_NAME
from protocols.jt808.parameters import by_name
from protocols.jt808.recorder import QUERIES, query_block
from protocols.jt808.times import UNSET_TIME, local_time

TERMINAL_ACK, TEXT, SHOOT = 0x0001, 0x8300, 0x8801
MAX_TEXT_BYTES = 1024
# Flag bits by edition; in 2019 bits 0-1 are a kind: 2 emergency, 3 notice.
_FLAGS_2013 = {"emergency": 1, "display": 1 << 2, "tts": 1 << 3, "advertising": 1 << 4}
_FLAGS_2019 = {"emergency": 2, "display": 1 << 2, "tts": 1 << 3}
_NOTICE_2019 = 3
_TEXT_TYPE_NOTICE = 1
DEFAULT_FLAGS = ("display", "tts")
_VGA, _GOOD_QUALITY = 2, 5
_PICTURE = {"brightness": 128, "contrast": 64, "saturation": 64, "chroma": 128}
# 0x8105; 2019 keeps 2, 4 and 5.
CONTROLS = {
    "upgrade": 1, "connect": 2, "power_off": 3, "reset": 4, "factory_reset": 5,
    "close_data": 6, "close_radio": 7,
}  # fmt: skip
_CONTROLS_2019 = (2, 4, 5)
DOORS = {"unlock": 0, "lock": 1}
_DOOR_2019 = 0x0001
SAMPLE_RATES_KHZ = ("8", "11", "23", "32")
# 0x8108: what is upgraded; T/JSATL 12 adds the last four.
UPGRADES = {
    "terminal": 0, "ic_reader": 12, "beidou": 52, "adas": 0x64, "dsm": 0x65, "tpms": 0x66,
    "bsd": 0x67,
}  # fmt: skip
CONFIRMABLE = {ALARM_BITS[bit]: bit for bit in (0, 3, 20, 21, 22, 27, 28)}
# Platform messages that the terminal answers with a message of its own: down -> up.
ANSWERED_BY = {
    0x8104: 0x0104, 0x8106: 0x0104, 0x8107: 0x0107, 0x8108: 0x0108, 0x8201: 0x0201,
    0x8302: 0x0302, 0x8500: 0x0500, 0x8608: 0x0608, 0x8700: 0x0700, 0x8702: 0x0702, 0x8801: 0x0805,
    0x8802: 0x0802, 0x9003: 0x1003, 0x9205: 0x1205, 0x9206: 0x1206,
}  # fmt: skip
# By which kind of command a message is ordered; the others by "message".
ORDERED_BY = {
    0x8103: "set_parameters", 0x8104: "query_parameters", 0x8105: "control",
    0x8106: "query_parameters", 0x8107: "query_attributes", 0x8108: "upgrade",
    0x8201: "query_location", 0x8202: "track", 0x8203: "confirm_alarm", 0x8204: "link_test",
    0x8300: "text", 0x8500: "doors", 0x8600: "set_area", 0x8601: "delete_areas",
    0x8604: "set_area", 0x8605: "delete_areas", 0x8606: "set_area", 0x8607: "delete_areas",
    0x8608: "query_areas", 0x8700: "query_recorder", 0x8702: "query_driver", 0x8801: "photo",
    0x8802: "media_search", 0x8803: "media_upload_all", 0x8804: "record_audio",
    0x8805: "media_upload",
}  # fmt: skip
# Messages that the session itself says; nobody orders them.
NOT_FOR_PEOPLE = (0x8001, 0x8003, 0x8004, 0x8100, 0x8800, 0x9208, 0x9212)

Body = dict[str, Any]
Built = tuple[int, dict[str, Any]]


def message_of(kind: str, body: Body, version: str) -> Built:
    """Message id and fields of a command. Raises ProtocolError("unsupported_command", ...)."""
    build = COMMANDS.get(kind)
    if build is None:
        raise ProtocolError("unsupported_command", f"{kind!r} is not one of {list(COMMANDS)}")
    message_id, values = build(body, version)
    if version not in _editions(MESSAGES[message_id].span):
        raise ProtocolError(
            "unsupported_command", f"0x{message_id:04X} is not in the edition of {version}"
        )
    return message_id, values


def answer_to(message_id: int, version: str) -> int:
    """The message that is the whole answer; in an edition without it the general one."""
    answer_id = ANSWERED_BY.get(message_id, TERMINAL_ACK)
    return answer_id if version in _editions(MESSAGES[answer_id].span) else TERMINAL_ACK


def _editions(span: str) -> tuple[str, ...]:
    """The editions of a span "2013-2019"; other standards go with all."""
    first, _, last = span.partition("-")
    if not first.isdecimal():
        return ("2011", "2013", "2019")
    return tuple(year for year in ("2011", "2013", "2019") if first <= year <= (last or first))


def _text(body: Body, version: str) -> Built:
    """{"text", "flags"?}. What GBK lacks becomes "?"."""
    text = str(body.get("text", ""))
    size = len(text.encode("gbk", "replace"))
    if size > MAX_TEXT_BYTES:
        raise ProtocolError("too_long", f"{size} bytes of text, at most {MAX_TEXT_BYTES}")
    names = body.get("flags") or DEFAULT_FLAGS
    table = _FLAGS_2019 if version == "2019" else _FLAGS_2013
    flags = sum(_code(table, name, "text flag") for name in set(names))
    if version != "2019":
        return TEXT, {"flags": flags, "text": text}
    if "emergency" not in names:
        flags |= _NOTICE_2019
    return TEXT, {"flags": flags, "text_type": _TEXT_TYPE_NOTICE, "text": text}


def _code(table: dict[str, int], word: object, what: str) -> int:
    code = table.get(str(word))
    if code is None:
        raise ProtocolError("unsupported_command", f"{what} {word!r} is not one of {list(table)}")
    return code


def _photo(body: Body, _version: str) -> Built:
    """{"channel"?, "shots"?, "resolution"?, "quality"?}: uploaded at once."""
    return SHOOT, {
        "channel": body.get("channel", 1),
        "command": body.get("shots", 1),
        "interval_s": 0,
        "save": 0,
        "resolution": body.get("resolution", _VGA),
        "quality": body.get("quality", _GOOD_QUALITY),
        **_PICTURE,
    }


def _set_parameters(body: Body, _version: str) -> Built:
    """{"values": {name or 0x....: value}}."""
    return 0x8103, {"params": by_name(body["values"])}


def _query_parameters(body: Body, _version: str) -> Built:
    """{"names"?}: all of them without."""
    names = body.get("names") or []
    unknown = [name for name in names if name not in BY_NAME]
    if unknown:
        raise ProtocolError("unknown_parameter", unknown[0])
    if not names:
        return 0x8104, {}
    return 0x8106, {"ids": [BY_NAME[name].id for name in names]}


def _control(body: Body, version: str) -> Built:
    """{"action", "arguments"?}."""
    command = _code(CONTROLS, body.get("action"), "action")
    if version == "2019" and command not in _CONTROLS_2019:
        raise ProtocolError("unsupported_command", f"2019 has no {body['action']}")
    arguments = body.get("arguments")
    return 0x8105, {"command": command, **({"params": arguments} if arguments else {})}


def _track(body: Body, _version: str) -> Built:
    """{"interval_s", "validity_s"?}; 0 stops it."""
    interval_s = body["interval_s"]
    if not interval_s:
        return 0x8202, {"interval_s": 0}
    return 0x8202, {"interval_s": interval_s, "validity_s": body.get("validity_s", 300)}


def _confirm_alarm(body: Body, _version: str) -> Built:
    """{"alarms", "alarm_serial"?}: 0 means all alarms of these kinds."""
    bits = sum(1 << _code(CONFIRMABLE, name, "alarm") for name in set(body["alarms"]))
    return 0x8203, {"alarm_serial": body.get("alarm_serial", 0), "alarm_type": bits}


def _doors(body: Body, version: str) -> Built:
    """{"doors": "lock" | "unlock"}."""
    lock = _code(DOORS, body.get("doors"), "doors")
    if version != "2019":
        return 0x8500, {"control_flags": lock}
    return 0x8500, {"controls": [{"type": _DOOR_2019, "param": 1 - lock}]}


def _media_upload(body: Body, _version: str) -> Built:
    """{"media_id", "delete"?}."""
    return 0x8805, {"media_id": body["media_id"], "delete": int(body.get("delete", False))}


def _media_search(body: Body, _version: str) -> Built:
    """{"media_type", "channel"?, "event"?, "from"?, "to"?}: what it has stored."""
    return 0x8802, {
        "media_type": _place(MEDIA_TYPES, body.get("media_type", "image"), "media type"),
        "channel": body.get("channel", 0),
        "event": _place(EVENTS, body.get("event", "command"), "event"),
        "start": local_time(body["from"]) if body.get("from") else UNSET_TIME,
        "end": local_time(body["to"]) if body.get("to") else UNSET_TIME,
    }


def _place(words: tuple[str, ...], word: object, what: str) -> int:
    return _code({known: place for place, known in enumerate(words)}, word, what)


def _media_upload_all(body: Body, version: str) -> Built:
    """As a search, {"delete"?}: all that it would find is uploaded."""
    _, values = _media_search(body, version)
    return 0x8803, {**values, "delete": int(body.get("delete", False))}


def _record_audio(body: Body, _version: str) -> Built:
    """{"duration_s", "keep"?, "sample_rate_khz"?}; 0 seconds stop it."""
    duration_s = body["duration_s"]
    return 0x8804, {
        "command": int(duration_s > 0),
        "duration_s": duration_s,
        "save": int(body.get("keep", False)),
        "sample_rate": _place(SAMPLE_RATES_KHZ, str(body.get("sample_rate_khz", 8)), "rate"),
    }


def _query_recorder(body: Body, _version: str) -> Built:
    """{"what" of QUERIES, "from"?, "to"?, "blocks"?}: a block of GB/T 19056."""
    command = _code(QUERIES, body.get("what"), "what")
    return 0x8700, {"command": command, "data": query_block(command, body).hex()}


def _upgrade(body: Body, _version: str) -> Built:
    """{"target"?, "maker_id"?, "version", "file" as bytes}: the session lets the file follow."""
    return 0x8108, {
        "type": _code(UPGRADES, body.get("target", "terminal"), "target"),
        "maker_id": body.get("maker_id", ""),
        "version": body["version"],
        "length": len(body["file"]),
        "data": "",
    }


def _any_message(body: Body, _version: str) -> Built:
    """{"message": name or 0x...., "values"}: any message of the platform, by field."""
    wanted = str(body.get("message", ""))
    for message_id, message in MESSAGES.items():
        for_people = message_id >= FIRST_PLATFORM_ID and message_id not in NOT_FOR_PEOPLE
        if for_people and wanted in (message.name, f"0x{message_id:04X}"):
            return message_id, dict(body.get("values") or {})
    raise ProtocolError("unsupported_command", f"{wanted!r} is no message that may be ordered")


def _plain(message_id: int) -> Callable[[Body, str], Built]:
    return lambda _body, _version: (message_id, {})


COMMANDS: dict[str, Callable[[Body, str], Built]] = {
    "text": _text,
    "photo": _photo,
    "set_parameters": _set_parameters,
    "query_parameters": _query_parameters,
    "control": _control,
    "query_attributes": _plain(0x8107),
    "query_location": _plain(0x8201),
    "track": _track,
    "confirm_alarm": _confirm_alarm,
    "link_test": _plain(0x8204),
    "doors": _doors,
    "set_area": area_values,
    "delete_areas": deletion_values,
    "query_areas": query_values,
    "query_driver": _plain(0x8702),
    "media_search": _media_search,
    "media_upload": _media_upload,
    "media_upload_all": _media_upload_all,
    "record_audio": _record_audio,
    "query_recorder": _query_recorder,
    "upgrade": _upgrade,
    "message": _any_message,
}
