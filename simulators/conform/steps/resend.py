"""A report that got no answer is sent again as it was."""

from __future__ import annotations

from simulators.conform.platform import LOCATION, Platform, is_message
from simulators.conform.record import Await, Course, Event, Heard, Step, failed, passed
from simulators.conform.steps.set_parameters import SET

RETRIES = 3


def _run(platform: Platform) -> Course:
    pace = platform.pace
    platform.send(SET, {"params": {"0x0002": pace.ack_timeout_s, "0x0003": RETRIES}})
    silenced: list[Heard] = []

    def withhold(heard: Heard) -> bool:
        if heard.message_id == LOCATION and not silenced:
            silenced.append(heard)
        return bool(silenced) and heard is silenced[0]

    platform.withhold = withhold
    first = yield Await(is_message(LOCATION), 3 * pace.interval_s + pace.answer_s)
    if not isinstance(first, Heard):
        return failed("没有收到位置信息汇报", "no location report came")

    def is_again(event: Event) -> bool:
        return (
            isinstance(event, Heard)
            and event is not first
            and event.message_id == LOCATION
            and (event.frame == first.frame or event.body == first.body)
        )

    again = yield Await(is_again, 3 * pace.ack_timeout_s + pace.interval_s)
    if not isinstance(again, Heard):
        return failed("未应答的消息没有重传", "a report without an answer is not sent again")
    after_s = again.at_s - first.at_s
    if again.header.serial != first.header.serial:
        return failed("重传时流水号改变", "sent again under another serial")
    if again.connection != first.connection:
        return failed("没有重传，而是断开重连", "instead of sending again it connected anew")
    return passed(f"{after_s:.0f} 秒后原样重传", f"sent again as it was after {after_s:.0f} s")


STEP = Step(
    "resend",
    ("6.1.2", "6.1.2"),
    "未收到应答的消息在应答超时（参数0x0002）后原样重传",
    "A message without an answer is sent again as it was after the time-out (parameter 0x0002)",
    _run,
)
