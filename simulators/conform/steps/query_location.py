"""0x8201 is answered by 0x0201 with the serial and a location."""

from __future__ import annotations

from simulators.conform.platform import Platform, is_message
from simulators.conform.record import Await, Course, Heard, Step, failed, passed

QUERY, ANSWER = 0x8201, 0x0201


def _run(platform: Platform) -> Course:
    serials = platform.send(QUERY, {})
    heard = yield Await(is_message(ANSWER), platform.pace.answer_s)
    if not isinstance(heard, Heard):
        return failed("没有应答0x0201", "no 0x0201")
    # The answer of 2011 has no serial.
    if platform.edition != "2011" and heard.values.get("ack_serial") not in serials:
        return failed("应答流水号不对", "its answer names another serial")
    where = heard.values.get("location", {})
    if "time" not in where:
        return failed("应答中没有位置", "its answer has no location")
    place = f"{where['lat']}, {where['lon']}"
    return passed(f"位置 {place}，时间 {where['time']}", f"at {place}, {where['time']}")


STEP = Step(
    "query_location",
    ("8.19, 8.20", "8.22, 8.23"),
    "位置信息查询0x8201应答0x0201",
    "It answers 0x8201 (location query) by 0x0201",
    _run,
)
