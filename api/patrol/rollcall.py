"""Who of the inspectors is on duty and heard of, and if not, why not: poor GNSS accuses no one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.times import iso, microseconds
from model.fences import Fence

SILENT_US = 15 * 60 * 1_000_000  # as rule kind inspector_silent
POOR_ACCURACY_M = 100  # as rule kind inspector_off_grid
LOW_BATTERY_PCT = 15

Row = dict[str, Any]
Why = tuple[str, str, str]  # state, zh, en


@dataclass(frozen=True, slots=True)
class Present:
    """An inspector's row, latest position, whether it lies off the assigned cells, first cell."""

    row: Row
    last: Row | None
    heard_us: int
    off_grid: bool
    grid: Fence | None


def rollcall_entry(present: Present, now_us: int) -> Row:
    """The entry of docs/api.md."""
    row, last = present.row, present.last
    attributes = (last or {}).get("attributes") or {}
    state, zh, en = state_of(present, now_us)
    shift = None
    if row["starts_at"] is not None:
        shift = {"starts_at": iso(row["starts_at"]), "ends_at": iso(row["ends_at"])}
    grid = present.grid
    return {
        "device_id": row["device_id"],
        "name": row["name"],
        "organisation": row["organisation"],
        "shift": shift,
        "state": state,
        "why_zh": zh,
        "why_en": en,
        "last": last,
        "battery_pct": attributes.get("battery_pct"),
        "network": attributes.get("network"),
        "gnss_state": attributes.get("gnss_state"),
        "grid": None if grid is None else {"fence_id": grid.id, "name": grid.name},
    }


def state_of(present: Present, now_us: int) -> Why:
    """The state and the words for it, the strongest reason first."""
    row = present.row
    if row["starts_at"] is None or microseconds(row["ends_at"]) <= now_us:
        return "off_shift", "当前没有班次。", "No shift now."
    started_us = microseconds(row["starts_at"])
    if present.last is None or present.heard_us < started_us:
        minutes = (now_us - started_us) // 60_000_000
        return (
            "not_started",
            f"上班 {minutes} 分钟，尚未收到任何上报。",
            f"The shift began {minutes} min ago; nothing has been heard yet.",
        )
    if now_us - present.heard_us > SILENT_US:
        return _silent(present.last, (now_us - present.heard_us) // 60_000_000)
    poor = _poor_gnss(present.last)
    if poor is not None:
        return poor
    if present.off_grid:
        name = f"“{present.grid.name}”" if present.grid else ""
        where = f' "{present.grid.name}"' if present.grid else ""
        return "off_grid", f"不在责任网格{name}内。", f"Outside the assigned grid cell{where}."
    return "on_duty", "在岗，上报正常。", "On duty, reporting."


def _silent(last: Row, minutes: int) -> Why:
    attributes = last.get("attributes") or {}
    battery = attributes.get("battery_pct")
    reasons: list[tuple[str, str]] = []
    if isinstance(battery, int | float) and battery <= LOW_BATTERY_PCT:
        reasons.append((f"最后电量 {battery:g}%", f"battery was at {battery:g} %"))
    if attributes.get("network") == "none":
        reasons.append(("最后无网络", "it had no network"))
    if attributes.get("gnss_state") == "off":
        reasons.append(("定位已关闭", "positioning was switched off"))
    zh = "，".join(reason[0] for reason in reasons) or "最后一次上报一切正常，原因不明"
    en = ", ".join(reason[1] for reason in reasons) or "all was well in the last report"
    return "silent", f"已 {minutes} 分钟未上报：{zh}。", f"Silent for {minutes} min: {en}."


def _poor_gnss(last: Row) -> Why | None:
    gnss = (last.get("attributes") or {}).get("gnss_state")
    if gnss == "off":
        return "poor_gnss", "手持终端的定位已关闭。", "Positioning is switched off on the handset."
    if last["fix_source"] == "none":
        return "poor_gnss", "有上报，但无法定位。", "It reports, but has no position."
    accuracy_m = last["accuracy_m"]
    if accuracy_m is not None and accuracy_m > POOR_ACCURACY_M:
        return (
            "poor_gnss",
            f"定位精度仅 {accuracy_m} 米，无法判断是否在网格内。",
            f"The accuracy is only {accuracy_m} m: the grid cell cannot be judged.",
        )
    return None
