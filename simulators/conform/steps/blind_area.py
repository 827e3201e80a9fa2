"""What was measured without a link is uploaded, without a gap."""

from __future__ import annotations

from itertools import pairwise

from simulators.conform.platform import BATCH, LOCATION, Platform, is_message
from simulators.conform.record import (
    Await,
    Course,
    Heard,
    Step,
    Verdict,
    failed,
    not_tested,
    passed,
)
from simulators.conform.steps.beijing_time import fix_time_s

BLIND = 1
QUIET_INTERVALS = 2.5


def _run(platform: Platform) -> Course:
    interval_s = platform.pace.interval_s
    if "back_s" not in platform.notes:
        return not_tested("没有经历断线", "there was no outage to look back on")
    batches: list[Heard] = []
    times: list[float] = []
    ends_s = platform.now_s + platform.pace.outage_s + platform.pace.answer_s
    live = 0
    while live < 2 and platform.now_s < ends_s:
        heard = yield Await(is_message(BATCH, LOCATION), QUIET_INTERVALS * interval_s)
        if not isinstance(heard, Heard):
            break
        found = heard.values.get("items", [heard.values])
        stamps = [stamp for item in found if (stamp := fix_time_s(item)) is not None]
        times += stamps
        if heard.message_id == BATCH:
            batches.append(heard)
        elif stamps and stamps[0] - platform.notes.get("skew_s", 0.0) >= platform.notes["back_s"]:
            live += 1
    return _judge(platform, batches, times)


def _judge(platform: Platform, batches: list[Heard], times: list[float]) -> Verdict:
    cut_s, back_s = platform.notes["cut_s"], platform.notes["back_s"]
    items = [item for batch in batches for item in batch.values.get("items", [])]
    uploaded = [stamp for item in items if (stamp := fix_time_s(item)) is not None]
    platform.notes["uploaded"] = uploaded
    # A clock that is off, which is another clause, must not count here.
    skew_s = platform.notes.get("skew_s", 0.0)
    inside = sorted(t - skew_s for t in times if cut_s - 1 <= t - skew_s <= back_s + 60)
    gaps = [after - before for before, after in pairwise([cut_s, *inside])]
    worst_s = max(gaps, default=back_s - cut_s)
    # An interval that is not obeyed, which is another clause, must not count here.
    interval_s = max(platform.pace.interval_s, platform.notes.get("kept_s", 0.0))
    if not inside or worst_s > 2 * interval_s + 3:
        return failed(
            f"断线期间的位置不完整，最大缺口 {worst_s:.0f} 秒",
            f"positions of the outage are missing: the longest gap is {worst_s:.0f} s",
        )
    kinds = {batch.values.get("type") for batch in batches} - {BLIND}
    if kinds:
        return failed(f"0x0704类型为 {kinds}，应为1", f"0x0704 of type {kinds}, it should be 1")
    way = f"{len(batches)} x 0x0704" if batches else "0x0200"
    return passed(f"{way} 补传 {len(inside)} 个位置", f"{len(inside)} positions uploaded by {way}")


STEP = Step(
    "blind_area",
    ("8.49", "8.48"),
    "断线期间的位置在恢复后用0x0704（类型1）补传，无缺失",
    "Positions of an outage are uploaded by 0x0704 (type 1) afterwards, none missing",
    _run,
)
