"""0x0002 at the interval of parameter 0x0001, when nothing else is sent."""

from __future__ import annotations

from simulators.conform.platform import Platform, is_message
from simulators.conform.record import Await, Course, Heard, Step, failed, passed
from simulators.conform.steps.set_parameters import SET, intervals

HEARTBEAT = 0x0002
QUIET_S = 3_600
WANTED = 2


def _run(platform: Platform) -> Course:
    every_s = platform.pace.heartbeat_s
    platform.send(SET, {"params": {**intervals(QUIET_S), "0x0001": every_s}})
    ends_s = platform.now_s + (WANTED + 2) * every_s + platform.pace.interval_s + 5
    beats: list[Heard] = []
    while len(beats) < WANTED and platform.now_s < ends_s:
        heard = yield Await(is_message(HEARTBEAT), ends_s - platform.now_s)
        if isinstance(heard, Heard):
            beats.append(heard)
    platform.send(SET, {"params": intervals(platform.pace.interval_s)})
    if len(beats) < WANTED:
        return failed(
            f"设置为{every_s}秒后只收到{len(beats)}次心跳",
            f"{len(beats)} heartbeats after {every_s} s was set",
        )
    if any(beat.body for beat in beats):
        return failed("心跳消息体应为空", "the body of a heartbeat must be empty")
    gap_s = beats[1].at_s - beats[0].at_s
    if gap_s > 1.5 * every_s + 2:
        return failed(f"心跳间隔 {gap_s:.0f} 秒", f"{gap_s:.0f} s between two heartbeats")
    return passed(f"心跳间隔 {gap_s:.0f} 秒", f"{gap_s:.0f} s between two heartbeats")


STEP = Step(
    "heartbeat",
    ("5.2, 8.3", "5.2, 8.3"),
    "无其他消息时按参数0x0001的间隔发送心跳0x0002",
    "It sends heartbeats (0x0002) at the interval of parameter 0x0001 when nothing else is sent",
    _run,
)
