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
