"""The interval that 0x8103 has set is kept."""

from __future__ import annotations

from itertools import pairwise

from simulators.conform.platform import LOCATION, Platform, is_message
from simulators.conform.record import Await, Course, Heard, Step, failed, passed

WANTED = 4
SHARE_OFF, SECONDS_OFF = 0.25, 1.5


def _run(platform: Platform) -> Course:
    interval_s = platform.pace.interval_s
    began_s = platform.now_s
    ends_s = began_s + (WANTED + 2) * interval_s + 5
    times: list[float] = []
    while len(times) < WANTED and platform.now_s < ends_s:
        heard = yield Await(is_message(LOCATION), ends_s - platform.now_s)
        if isinstance(heard, Heard):
            times.append(heard.at_s)
    gaps = [round(after - before, 1) for before, after in pairwise(times)]
    if len(times) < WANTED:
        platform.notes["kept_s"] = (platform.now_s - began_s) / max(1, len(times))
        return failed(
            f"要求每{interval_s}秒，{(WANTED + 2) * interval_s + 5}秒内只有{len(times)}条",
            f"{len(times)} reports in {(WANTED + 2) * interval_s + 5} s, one each {interval_s} s"
            " was asked for",
        )
    # The first gap may still be of the interval before.
    off = [gap for gap in gaps[1:] if abs(gap - interval_s) > SECONDS_OFF + SHARE_OFF * interval_s]
    if off:
        return failed(
            f"间隔 {gaps} 秒，应为{interval_s}秒", f"gaps of {gaps} s, not {interval_s} s"
        )
    return passed(f"间隔 {gaps} 秒", f"gaps of {gaps} s")


STEP = Step(
    "interval",
    ("8.9 (0x0029)", "8.12 (0x0029)"),
    "按0x8103设置的汇报间隔汇报位置",
    "It reports its location at the interval that 0x8103 has set",
    _run,
)
