"""A message that it does not know is answered with result 3."""

from __future__ import annotations

from simulators.conform.platform import Platform, is_ack
from simulators.conform.record import Await, Course, Heard, Step, failed, passed

UNKNOWN = 0x8FFE  # of the vendors' own range: nobody's
NOT_SUPPORTED = 3


def _run(platform: Platform) -> Course:
    serials = platform.send(UNKNOWN, {"raw": ""})
    heard = yield Await(is_ack(UNKNOWN, serials), platform.pace.answer_s)
    if not isinstance(heard, Heard):
        return failed("没有应答", "no answer")
    result = heard.values["result"]
    if result != NOT_SUPPORTED:
        return failed(f"应答结果为 {result}，应为3", f"it answers with result {result}, not 3")
    return passed("应答结果为3（不支持）", "it answers with result 3")


STEP = Step(
    "unsupported",
    ("8.1", "8.1"),
    "不支持的消息应答0x0001，结果为3",
    "It answers a message that it does not support by 0x0001 with result 3",
    _run,
)
