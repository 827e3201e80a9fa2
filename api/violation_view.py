"""A violation's row as the API shows it, with its sentence in both languages."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import structlog

from api.registries import rule_kinds
from api.times import iso

Row = dict[str, Any]
_log = structlog.get_logger("xunji.api")


def sentence(kind: str, measures: dict[str, Any], language: Literal["zh", "en"]) -> str:
    """What happened, in words; of a kind that has no words for it, its name."""
    known = rule_kinds().get(kind)
    if known is None:
        return kind
    try:
        return known.sentence(measures, language)
    except Exception as error:  # the rule is shown as failing; what it found can still be read
        _log.warning("no_sentence", kind=kind, error=str(error)[:255])
        return known.zh if language == "zh" else known.en


def person(user_id: int | None, display_name: str | None) -> Row | None:
    """`{id, display_name}` or None."""
    return None if user_id is None else {"id": user_id, "display_name": display_name or ""}


def duration_s(row: Row) -> float:
    """How long it lasted, or has lasted so far."""
    return float(((row["ended_at"] or row["last_at"]) - row["started_at"]).total_seconds())


def violation_json(row: Row) -> Row:
    """The Violation of docs/api.md from a row of storage.violations."""
    fence = None
    if row["fence_id"] is not None:
        fence = {
            "id": row["fence_id"],
            "version": row["fence_version"],
            "name": row["fence_name"],
        }
    return {
        "id": row["id"],
        "organisation_id": row["organisation_id"],
        "organisation": row["organisation"],
        "responsible_organisation_id": row["responsible_organisation_id"],
        "responsible_organisation": row["responsible_organisation"],
        "device": {
            "id": row["device_id"],
            "name": row["device_name"],
            "plate": row["device_plate"],
            "kind": row["device_kind"],
        },
        "rule": {
            "id": row["rule_id"],
            "version": row["rule_version"],
            "kind": row["kind"],
            "name_zh": row["rule_name_zh"],
            "name_en": row["rule_name_en"],
        },
        "severity": row["severity"],
        "started_at": iso(row["started_at"]),
        "ended_at": iso(row["ended_at"]),
        "last_at": iso(row["last_at"]),
        "duration_s": duration_s(row),
        "longitude": row["longitude_e6"] / 1e6,
        "latitude": row["latitude_e6"] / 1e6,
        "fence": fence,
        "measures": row["measures"],
        "sentence_zh": sentence(row["kind"], row["measures"], "zh"),
        "sentence_en": sentence(row["kind"], row["measures"], "en"),
        **_workflow(row),
    }


def _workflow(row: Row) -> Row:
    return {
        "finding": row["finding"],
        "status": row["status"],
        "late": row["late"],
        "shadow": row["shadow"],
        "incident": row["incident_id"],
        "repeat": row["repeat"],
        "inhibited_by": row["storm_id"],
        "ladder": [_step(step) for step in row["ladder"] or []],
        "taken_by": person(row["taken_by"], row["taken_by_name"]),
        "taken_at": iso(row["taken_at"]),
        "closed_by": person(row["closed_by"], row["closed_by_name"]),
        "closed_at": iso(row["closed_at"]),
        "result": row["result"],
        "reason": row["reason"],
        "note": row["note"],
        "raised_at": iso(row["raised_at"]),
    }


def _step(step: Row) -> Row:
    times = {name: step[name] and iso(datetime.fromisoformat(step[name])) for name in _STEP_TIMES}
    return {**step, **times}


_STEP_TIMES = ("due_at", "done_at")
_COMMAND = ("id", "device_id", "violation_id", "kind", "body", "state", "result", "answer",
            "created_by")  # fmt: skip


def command_json(row: Row) -> Row:
    """The Command of docs/api.md from a row of storage.commands."""
    times = {name: iso(row[name]) for name in ("created_at", "sent_at", "answered_at")}
    return {name: row[name] for name in _COMMAND} | times
