"""After an outage it logs in with the code it has."""

from __future__ import annotations

from simulators.conform.platform import LOCATION, LOG_IN, REGISTER, Platform, is_message
from simulators.conform.record import Await, Connected, Course, Event, Heard, Step, failed, passed

PATIENCE = 4  # a terminal may wait between two attempts


def _is_connected(event: Event) -> bool:
    return isinstance(event, Connected)


def _run(platform: Platform) -> Course:
    pace = platform.pace
    yield Await(is_message(LOCATION), 3 * pace.interval_s)
    platform.notes["cut_s"] = platform.now_s
    platform.hang_up(pace.outage_s)
    back = yield Await(_is_connected, pace.outage_s + PATIENCE * pace.answer_s)
    if back is None:
        return failed("断开后没有重新连接", "it did not connect again")
    platform.notes["back_s"] = platform.now_s
    heard = yield Await(is_message(REGISTER, LOG_IN), pace.answer_s)
    if not isinstance(heard, Heard):
        return failed("重连后没有鉴权", "it connected again but did not log in")
    if heard.message_id == REGISTER:
        yield Await(is_message(LOG_IN), pace.answer_s)
        return failed(
            "重连后重新注册，应直接用鉴权码登录", "it registered anew instead of logging in"
        )
    after_s = platform.notes["back_s"] - platform.notes["cut_s"]
    return passed(f"{after_s:.0f} 秒后重连并鉴权", f"back after {after_s:.0f} s, and logs in")


STEP = Step(
    "reconnect",
    ("5.1, 5.3", "5.1, 5.3"),
    "链路断开后重连，并用已有鉴权码鉴权",
    "After its link was lost it connects again and authenticates with the code it has",
    _run,
)
