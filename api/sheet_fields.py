"""How the fields of a sheet are read: each from its text, refused with words."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from api.sheets import FieldError, Register
from model.fences import Window
from storage.instants import from_datetime

ZONE = ZoneInfo("Asia/Shanghai")
MAX_TEXT = 100
MAX_VOLUME_M3 = 100_000
_SEPARATORS = re.compile(r"[;；、|]")
_WINDOW = re.compile(
    r"(?:(?P<days>[1-7](?:[-,][1-7])*)\s+)?(?P<from>\d\d?:\d\d)\s*[-~]\s*(?P<to>\d\d?:\d\d)"
)
_MINUTES_A_DAY = 1440


def text(value: str, _: Register) -> str:
    """Any text that is not too long."""
    if len(value) > MAX_TEXT:
        raise FieldError(f"超过 {MAX_TEXT} 个字", f"has over {MAX_TEXT} characters")
    return value


def volume(value: str, _: Register) -> float:
    """Cubic metres."""
    try:
        found = float(value)
    except ValueError:
        found = -1.0
    if not 0 < found <= MAX_VOLUME_M3:
        raise FieldError(
            f"“{value}”不是方量（立方米）", f"{value!r} is no volume: a number of cubic metres"
        )
    return found


def moment(value: str, _: Register) -> int:
    """Microseconds of an ISO 8601 time; without an offset it is Beijing time."""
    try:
        found = datetime.fromisoformat(value.replace("/", "-"))
    except ValueError:
        raise FieldError(
            f"“{value}”不是时间，应如 2026-03-02 20:00",
            f"{value!r} is no time: write it as 2026-03-02 20:00",
        ) from None
    return from_datetime(found if found.tzinfo else found.replace(tzinfo=ZONE))


def unit(value: str, register: Register) -> tuple[int, int]:
    """(device, organisation) by plate, identity or name."""
    if value not in register.units:
        raise FieldError(f"没有车辆“{value}”", f"no unit has the plate or identity {value!r}")
    found = register.units[value]
    if found is None:
        raise FieldError(f"有多辆车叫“{value}”", f"several units are called {value!r}")
    return found


def fence(value: str, register: Register) -> int:
    """A fence by code, name or #id."""
    if value not in register.fences:
        raise FieldError(f"没有围栏“{value}”", f"no fence has the code or name {value!r}")
    found = register.fences[value]
    if found is None:
        raise FieldError(
            f"有多个围栏叫“{value}”，请用编码或 #编号",
            f"several fences are called {value!r}: use the code, or # and the id",
        )
    return found


def fences(value: str, register: Register) -> tuple[int, ...]:
    """Several fences, divided by semicolons."""
    return tuple(fence(part.strip(), register) for part in _SEPARATORS.split(value) if part.strip())


def windows(value: str, _: Register) -> tuple[Window, ...]:
    """Weekly windows: `1-5 20:00-06:00; 6,7 00:00-24:00`; without days: every day."""
    return tuple(_window(part.strip()) for part in re.split("[;；]", value) if part.strip())


def _window(value: str) -> Window:
    match = _WINDOW.fullmatch(value)
    start, end = (_minute(match[name]) for name in ("from", "to")) if match else (-1, -1)
    if match is None or not (0 <= start < _MINUTES_A_DAY and 0 <= end <= _MINUTES_A_DAY):
        raise FieldError(
            f"“{value}”不是时段，应如 1-5 20:00-06:00",
            f"{value!r} is no window: write it as 1-5 20:00-06:00",
        )
    return Window(_days(match["days"] or "1-7"), start, end)


def _minute(value: str) -> int:
    hours, minutes = value.split(":")
    return int(hours) * 60 + int(minutes) if int(minutes) < 60 else -1


def _days(value: str) -> tuple[int, ...]:
    found: set[int] = set()
    for part in value.split(","):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last[-1:] or first) + 1))
    return tuple(sorted(found))
