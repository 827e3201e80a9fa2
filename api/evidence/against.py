"""What speaks against a finding, counted from the data: an accusation must show it unasked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from model.position import UNKNOWN, FixSource, Rows
from model.signals import UNKNOWN as SIGNAL_UNKNOWN
from model.signals import field

POOR_ACCURACY_M = 30
GAP_S = 60
FLAPPING_CHANGES = 10  # in the hour up to the end: a switch that moves more often is suspect
FLAPPING_WINDOW_US = 3_600_000_000
FEW_FIXES = 5
FEW_SATELLITES = 5
LATE_S = 300

# The signals a rule kind leans on.
SIGNALS_OF_KIND = {
    "uncovered_load": ("loaded", "cover_closed"),
    "route_deviation": ("loaded",),
    "not_spraying": ("spraying",),
    "not_sweeping": ("brush_down",),
    "sweeping_too_fast": ("brush_down",),
    "spraying_too_fast": ("spraying",),
    "mixer_discharge": ("drum",),
    "illegal_dumping": ("loaded", "body_raised"),
    "unwashed_exit": ("loaded",),
    "stop_too_long": ("ignition", "loaded"),
}
_SIGNAL_ZH = {
    "loaded": "装载", "cover_closed": "篷盖", "spraying": "洒水", "brush_down": "扫刷",
    "drum": "滚筒", "body_raised": "举升", "ignition": "点火",
}  # fmt: skip
_SIGNAL_EN = {
    "loaded": "load", "cover_closed": "cover", "spraying": "spraying", "brush_down": "brush",
    "drum": "drum", "body_raised": "body", "ignition": "ignition",
}  # fmt: skip

Point = dict[str, str]


@dataclass(frozen=True, slots=True)
class Case:
    """A finding and its data: `hour` rows reach back over FLAPPING_WINDOW_US before `end_us`."""

    kind: str
    absence: bool
    late: bool
    unknown_s: float
    start_us: int
    end_us: int
    hour: Rows

    @property
    def episode(self) -> Rows:
        """The rows within the episode."""
        times = self.hour["time_us"]
        return self.hour[(times >= self.start_us) & (times <= self.end_us)]


def against(case: Case) -> list[Point]:
    """`{code, zh, en}` for each thing that weakens the finding; empty when nothing does."""
    points = list(_late(case))
    if not case.absence:
        points.extend(_accuracy(case))
        points.extend(_gaps(case))
        points.extend(_few(case))
    points.extend(_unknown(case))
    points.extend(_flapping(case))
    return points


def _point(code: str, zh: str, en: str) -> Point:
    return {"code": code, "zh": zh, "en": en}


def _accuracy(case: Case) -> Iterator[Point]:
    rows = case.episode
    known = rows["accuracy_m"][rows["accuracy_m"] != UNKNOWN]
    if len(known) and known.max() >= POOR_ACCURACY_M:
        worst = int(known.max())
        yield _point(
            "accuracy",
            f"期间定位精度最差为 {worst} 米。",
            f"the worst accuracy in the period was {worst} m.",
        )
    coarse = int(np.isin(rows["fix_source"], (FixSource.LBS, FixSource.WIFI)).sum())
    if coarse:
        yield _point(
            "fix_source",
            f"期间 {coarse} 个定位来自基站或 Wi-Fi，而非卫星。",
            f"{coarse} fixes in the period came from cells or Wi-Fi, not from satellites.",
        )
    satellites = rows["satellites"][rows["satellites"] != UNKNOWN]
    if len(satellites) and satellites.min() < FEW_SATELLITES:
        fewest = int(satellites.min())
        yield _point(
            "satellites",
            f"期间最少只有 {fewest} 颗卫星。",
            f"at the worst only {fewest} satellites were in view.",
        )


def _gaps(case: Case) -> Iterator[Point]:
    times = case.episode["time_us"]
    if len(times) < 2:
        return
    longest_s = int(np.diff(times).max()) // 1_000_000
    if longest_s > GAP_S:
        yield _point(
            "gap",
            f"期间最长有 {longest_s} 秒没有定位。",
            f"for up to {longest_s} s in the period there was no fix.",
        )


def _few(case: Case) -> Iterator[Point]:
    count = len(case.episode)
    if count == 0:
        yield _point(
            "no_track",
            "该时段的轨迹已不在库中（超出保留期）。",
            "the track of this period is no longer stored.",
        )
    elif count < FEW_FIXES:
        yield _point(
            "few_fixes",
            f"判定仅依据 {count} 个定位。",
            f"the finding rests on only {count} fixes.",
        )


def _unknown(case: Case) -> Iterator[Point]:
    if case.unknown_s > 0:
        seconds = round(case.unknown_s)
        yield _point(
            "unknown",
            f"期间有 {seconds} 秒无法判断（信号或位置未知）。",
            f"for {seconds} s of the period signal or position was unknown.",
        )


def _flapping(case: Case) -> Iterator[Point]:
    for name in SIGNALS_OF_KIND.get(case.kind, ()):
        states = field(case.hour["signals"], name)
        known = states[states != SIGNAL_UNKNOWN]
        changes = int((np.diff(known) != 0).sum())
        if changes >= FLAPPING_CHANGES:
            yield _point(
                "flapping",
                f"“{_SIGNAL_ZH[name]}”信号在此前一小时内变化了 {changes} 次，传感器可能不稳定。",
                f"the {_SIGNAL_EN[name]} signal changed {changes} times in the last hour: "
                "the sensor may be unsteady.",
            )


def _late(case: Case) -> Iterator[Point]:
    delays_ms: Any = case.episode["delay_ms"]
    worst_s = int(delays_ms.max()) // 1000 if len(delays_ms) else 0
    if worst_s >= LATE_S:
        minutes = worst_s // 60
        yield _point(
            "late",
            f"数据为补传，最晚迟到 {minutes} 分钟。",
            f"data came late, by up to {minutes} min.",
        )
    elif case.late:
        yield _point("late", "该违规由补传数据判定。", "the violation was found from late data.")
