"""0x8103 is acknowledged with success."""

from __future__ import annotations

from simulators.conform.platform import Platform, is_ack
from simulators.conform.record import Await, Course, Heard, Step, Values, failed, passed

SET = 0x8103


def intervals(seconds: int) -> Values:
    """Parameters that make it report so often, whether it drives, sleeps or has no driver."""
    return {"0x0020": 0, "0x0022": seconds, "0x0027": seconds, "0x0029": seconds}


def _run(platform: Platform) -> Course:
    serials = platform.send(SET, {"params": intervals(platform.pace.interval_s)})
    heard = yield Await(is_ack(SET, serials), platform.pace.answer_s)
    if not isinstance(heard, Heard):
        return failed("没有应答0x0001", "no 0x0001 that names it")
    result = heard.values["result"]
    if result:
        return failed(f"应答结果为 {result}", f"it answers with result {result}")
    return passed("应答成功", "it answers with success")


STEP = Step(
    "set_parameters",
    ("8.9", "8.12"),
    "设置终端参数0x8103后应答0x0001，结果为成功",
    "It answers 0x8103 (set parameters) by 0x0001 with success",
    _run,
)
