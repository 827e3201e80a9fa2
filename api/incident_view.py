"""Incidents and storms as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.times import iso
from api.violation_view import violation_json

Row = dict[str, Any]
_SEVERITIES = ("info", "warning", "serious")
_STATUSES = ("closed", "taken", "open")
_OF_UNIT = ("organisation_id", "organisation", "device")


def incident_json(rows: Sequence[Row]) -> Row:
    """The Incident of docs/api.md from its visible violations (at least one)."""
    violations = [violation_json(row) for row in sorted(rows, key=lambda r: r["started_at"])]
    ended = [violation["ended_at"] for violation in violations]
    return {
        "id": rows[0]["incident_id"],
        **{name: violations[0][name] for name in _OF_UNIT},
        "started_at": violations[0]["started_at"],
        "ended_at": None if None in ended else max(ended),
        "last_at": max(violation["last_at"] for violation in violations),
        "severity": max((v["severity"] for v in violations), key=_SEVERITIES.index),
        "status": max((v["status"] for v in violations), key=_STATUSES.index),
        "kinds": list(dict.fromkeys(v["rule"]["kind"] for v in violations)),
        "violations": violations,
    }


def storm_json(row: Row) -> Row:
    """The Storm of docs/api.md."""
    times = {name: iso(row[name]) for name in ("started_at", "until", "found_at")}
    return {**row, **times}
