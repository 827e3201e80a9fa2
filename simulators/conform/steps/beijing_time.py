"""The time in 0x0200 is Beijing time, GMT+8."""

from __future__ import annotations

from datetime import UTC, datetime

from protocols.contract import ProtocolError
from protocols.jt808.row import time_us_of
from protocols.jt808.times import pack_time
from simulators.conform.platform import LOCATION, Platform, is_message
from simulators.conform.record import Await, Course, Heard, Step, Values, failed, passed

MOST_OFF_S = 300
ZONE_S = 8 * 3600
PATIENCE = 4  # the usual interval is 30 s


def fix_time_s(values: Values) -> float | None:
    """Seconds since 1970 of a location's time, read as GMT+8; None: it is no time."""
    try:
        time_us = time_us_of(pack_time(str(values.get("time", "")), "time"))
    except ProtocolError:
        return None
    return None if time_us is None else time_us / 1e6


def _run(platform: Platform) -> Course:
    heard = yield Await(is_message(LOCATION), PATIENCE * platform.pace.answer_s)
    if not isinstance(heard, Heard):
        return failed("没有收到位置信息汇报", "no location report came")
    fix_s = fix_time_s(heard.values)
    text = heard.values.get("time")
    if fix_s is None:
        return failed(f"时间 {text!r} 不合法", f"{text!r} is no time")
    off_s = fix_s - heard.at_s
    platform.notes["skew_s"] = off_s if abs(off_s) > MOST_OFF_S else 0.0
    if abs(off_s) <= MOST_OFF_S:
        return passed(f"与北京时间相差 {off_s:.0f} 秒", f"{off_s:.0f} s from Beijing time")
    if abs(off_s + ZONE_S) <= MOST_OFF_S:
        return failed(f"时间 {text} 是UTC，不是GMT+8", f"{text} is UTC, not GMT+8")
    now = datetime.fromtimestamp(heard.at_s, UTC).strftime("%Y-%m-%d %H:%M:%S")
    return failed(
        f"时间 {text} 与北京时间相差 {off_s:.0f} 秒（可能未定位）",
        f"{text} is {off_s:.0f} s from Beijing time (now {now} UTC; perhaps it has no fix)",
    )


STEP = Step(
    "beijing_time",
    ("8.18", "8.21"),
    "位置信息汇报0x0200的时间为GMT+8",
    "The time in a location report (0x0200) is GMT+8",
    _run,
)
