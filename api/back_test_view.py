"""A back-test's result as the API and the command line show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.times import iso_us
from api.violation_view import sentence
from model.rulebook import Finding
from pipeline.back_test import Result

Row = dict[str, Any]


def result_json(result: Result, devices: Mapping[int, Row]) -> Row:
    """BackTestResult; `devices`: `{id, name, plate, kind}` by id."""
    return {
        "devices": result.devices,
        "positions": result.positions,
        "seconds": result.seconds,
        "found": result.found,
        "findings": [
            _finding(found.finding, found.violation_id, devices) for found in result.findings
        ],
        "diff": {
            "raised": result.raised,
            "same": result.same,
            "only_now": result.only_now,
            "only_before": result.only_before,
            "missing": [
                {
                    "violation_id": violation.id,
                    "device": _device(violation.device_id, devices),
                    "started_at": iso_us(violation.started_us),
                    "ended_at": None if violation.ended_us is None else iso_us(violation.ended_us),
                    "last_at": iso_us(violation.last_us),
                    "status": violation.status,
                }
                for violation in result.missing
            ],
        },
        "cut": result.cut,
    }


def _finding(finding: Finding, violation_id: int | None, devices: Mapping[int, Row]) -> Row:
    return {
        "verdict": "only_now" if violation_id is None else "same",
        "violation_id": violation_id,
        "device": _device(finding.device_id, devices),
        "started_at": iso_us(finding.started_us),
        "ended_at": None if finding.ended_us is None else iso_us(finding.ended_us),
        "last_at": iso_us(finding.last_us),
        "longitude": finding.longitude_e6 / 1e6,
        "latitude": finding.latitude_e6 / 1e6,
        "fence_id": finding.fence_id,
        "sentence_zh": sentence(finding.kind, finding.measures, "zh"),
        "sentence_en": sentence(finding.kind, finding.measures, "en"),
        "measures": finding.measures,
    }


def _device(device_id: int, devices: Mapping[int, Row]) -> Row:
    known = devices.get(device_id, {"name": f"#{device_id}", "plate": None, "kind": "other"})
    return {"id": device_id, **{name: known[name] for name in ("name", "plate", "kind")}}
