"""What a receiver is told of a violation when the server has nothing better to say."""

from __future__ import annotations

from typing import Any

_FIELDS = (
    "id",
    "organisation_id",
    "organisation",
    "responsible_organisation_id",
    "responsible_organisation",
    "device_id",
    "device_name",
    "device_plate",
    "device_kind",
    "rule_id",
    "rule_version",
    "rule_name_zh",
    "rule_name_en",
    "kind",
    "severity",
    "started_at",
    "ended_at",
    "last_at",
    "measures",
    "finding",
    "status",
    "result",
    "raised_at",
)


def plain_violation(row: dict[str, Any]) -> dict[str, Any]:
    """The row's fields by name, without sentences (those need the rule kinds)."""
    position = {"longitude": row["longitude_e6"] / 1e6, "latitude": row["latitude_e6"] / 1e6}
    return {name: row[name] for name in _FIELDS} | position


_ENTRY = ("severity", "status", "device", "rule", "sentence_zh", "sentence_en")


def digest_entry(event: dict[str, Any]) -> dict[str, Any]:
    """An event as a digest lists it: enough to know whether to look."""
    short = {name: event[name] for name in ("id", "event", "at")}
    if "storm" in event:
        return {**short, "storm": event["storm"]}
    violation = event["violation"]
    said = {name: violation[name] for name in _ENTRY if name in violation}
    return {**short, "violation_id": violation["id"], **said}


def plain_storm(row: dict[str, Any] | None) -> dict[str, Any] | None:
    """A storm in numbers and words."""
    if row is None:
        return None
    zh, en = _STORM_WORDS[row["cause"]]
    return {
        **row,
        "sentence_zh": f"{row['organisation']}：{row['devices']} 台终端同时{zh}，不逐一通知",
        "sentence_en": f"{row['organisation']}: {row['devices']} units {en} together; their"
        " violations are not announced one by one",
    }


_STORM_WORDS = {"silence": ("失联", "fell silent"), "gnss": ("失去卫星定位", "lost GNSS")}
