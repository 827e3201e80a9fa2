"""0x8104 is answered by 0x0104, which holds what was set."""

from __future__ import annotations

from simulators.conform.platform import Platform, is_message
from simulators.conform.record import Await, Course, Heard, Step, failed, passed

QUERY, ANSWER = 0x8104, 0x0104


def _run(platform: Platform) -> Course:
    serials = platform.send(QUERY, {})
    heard = yield Await(is_message(ANSWER), platform.pace.answer_s)
    if not isinstance(heard, Heard):
        return failed("没有应答0x0104", "no 0x0104")
    if heard.values.get("ack_serial") not in serials:
        return failed("应答流水号不对", "its answer names another serial")
    held = heard.values.get("params", {}).get("0x0029")
    if held != platform.pace.interval_s:
        return failed(
            f"参数0x0029为 {held}，应为 {platform.pace.interval_s}",
            f"parameter 0x0029 is {held}, {platform.pace.interval_s} was set",
        )
    count = len(heard.values["params"])
    return passed(f"{count}个参数，含已设置的值", f"{count} parameters with the value that was set")


STEP = Step(
    "query_parameters",
    ("8.10, 8.12", "8.13, 8.15"),
    "查询终端参数0x8104应答0x0104，内容为已设置的值",
    "It answers 0x8104 (query parameters) by 0x0104 with the values that were set",
    _run,
)
