"""A body and a query that would do, for every route that asks for one."""

from __future__ import annotations

from typing import Any

# Routes that need no log-in, or show nothing of anybody.
OPEN = {("POST", "/login")}
HOUR = {"from": "2026-09-22T12:00:00Z", "to": "2026-09-22T13:00:00Z"}
PERMIT = {
    "number": "准1", "device_id": 1, "site_fence_id": 1, "dump_fence_ids": [1],
    "valid_to": "2030-01-01T00:00:00Z",
}  # fmt: skip
WAYBILL = {
    "number": "联1", "device_id": 1, "site_fence_id": 1, "dump_fence_id": 1,
    "valid_until": "2030-01-01T00:00:00Z",
}  # fmt: skip
WINDOW = {"weekdays": [3], "start_min": 480, "end_min": 1020}
PATTERN = {"name": "甲班", "windows": [WINDOW]}
SPAN = {"starts_at": "2026-09-23T12:00:00Z", "ends_at": "2026-09-23T20:00:00Z"}
PERIOD = {"from": "2026-09-22T00:00:00Z", "to": "2026-09-25T00:00:00Z"}
# A body that would do for each route that writes, and the query that a route needs.
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/devices"): {"identity": "9", "protocol": "jt808", "kind": "other", "name": "x"},
    ("PATCH", "/devices/{device_id}"): {"name": "mine now"},
    ("POST", "/fences"): {"type": "Feature", "geometry": {}, "properties": {"name": "x"}},
    ("PUT", "/fences/{fence_id}"): {"type": "Feature", "geometry": {}, "properties": {}},
    ("DELETE", "/fences/{fence_id}"): None,
    ("DELETE", "/rules/{rule_id}"): None,
    ("POST", "/rules"): {"kind": "uncovered_load", "name_zh": "x", "name_en": "x"},
    ("PUT", "/rules/{rule_id}"): {"kind": "uncovered_load", "name_zh": "x", "name_en": "x"},
    ("POST", "/violations/{violation_id}/take"): {},
    ("POST", "/violations/{violation_id}/close"): {"result": "fined"},
    ("POST", "/violations/{violation_id}/warn"): {},
    ("POST", "/devices/{device_id}/commands"): {"text": "x"},
    ("POST", "/devices/{device_id}/upgrade"): {},
    ("POST", "/devices/{device_id}/token"): {},
    ("POST", "/devices/import"): {},
    ("DELETE", "/devices/{device_id}/token"): None,
    ("POST", "/imports"): {},
    ("DELETE", "/imports/{import_id}"): None,
    ("POST", "/assignments"): {"device_id": 1, "fence_id": 1, "purpose": "corridor"},
    ("POST", "/shifts"): {
        "device_id": 1,
        "starts_at": "2026-09-22T12:00:00Z",
        "ends_at": "2026-09-22T20:00:00Z",
    },
    ("POST", "/shifts/import"): {},
    ("DELETE", "/shifts/{shift_id}"): None,
    ("POST", "/shift-patterns"): PATTERN,
    ("PUT", "/shift-patterns/{pattern_id}"): PATTERN,
    ("DELETE", "/shift-patterns/{pattern_id}"): None,
    ("POST", "/rosters"): {"device_ids": [1], "pattern_id": 1, "from_date": "2026-09-23"},
    ("POST", "/rosters/import"): {},
    ("DELETE", "/rosters/{roster_id}"): None,
    ("POST", "/leaves"): {"device_id": 1, **SPAN},
    ("DELETE", "/leaves/{leave_id}"): None,
    ("POST", "/shift-swaps"): {
        "device_id": 1,
        "substitute_id": 2,
        "starts_at": "2026-09-22T12:00:00Z",
    },
    ("DELETE", "/shift-swaps/{swap_id}"): None,
    ("POST", "/patrol/tasks"): {"device_ids": [1], "text": "x"},
    ("POST", "/patrol/tasks/{task_id}/cancel"): {},
    ("POST", "/patrol/tasks/{task_id}/done"): {},
    ("POST", "/me/tasks/{task_id}/{mark}"): {},
    ("POST", "/patrol/handover"): {"text": "x"},
    ("POST", "/patrol/handover/{note_id}/take"): {},
    ("PUT", "/retention/{organisation_id}"): {"data": "positions", "days": 7},
    ("POST", "/webhooks"): {"url": "https://example.org/"},
    ("DELETE", "/webhooks/{webhook_id}"): None,
    ("POST", "/test/clock"): {"now": "2030-01-01T00:00:00Z"},
    ("POST", "/back-tests"): {
        "rule": {"kind": "uncovered_load", "name_zh": "x", "name_en": "x"},
        "from": "2026-09-22T12:00:00Z",
        "to": "2026-09-22T12:30:00Z",
    },
    ("DELETE", "/back-tests/{test_id}"): None,
    ("PUT", "/calendar"): {"days": [{"date": "2026-10-01", "kind": "holiday"}]},
    ("POST", "/fences/import"): {"type": "FeatureCollection", "features": []},
    ("PUT", "/rules.yaml"): {"rules": []},
    ("POST", "/permits"): PERMIT,
    ("PUT", "/permits/{permit_id}"): PERMIT,
    ("DELETE", "/permits/{permit_id}"): None,
    ("POST", "/permits/import"): {},
    ("POST", "/waybills"): WAYBILL,
    ("PUT", "/waybills/{waybill_id}"): WAYBILL,
    ("DELETE", "/waybills/{waybill_id}"): None,
    ("POST", "/waybills/import"): {},
    ("POST", "/cameras"): {"name": "x", "kind": "team"},
    ("PATCH", "/cameras/{camera_id}"): {"name": "mine now", "new_token": True},
    ("POST", "/sightings"): {"plate": "苏A99999", "seen_at": "2026-09-22T12:00:00Z"},
    ("POST", "/exports"): {"format": "csv", **HOUR},
    ("DELETE", "/exports/{export_id}"): None,
    ("POST", "/sightings/batch"): {"sightings": []},
}
QUERIES = {
    "/devices/{device_id}/upgrade": {"version": "1"},
    "/shifts": PERIOD,
    "/leaves": PERIOD,
    "/shift-swaps": PERIOD,
    "/patrol/attendance": PERIOD,
    "/patrol/attendance/shifts": PERIOD,
    "/patrol/coverage": PERIOD,
    "/me/attendance": PERIOD,
    "/patrol/nearest": {"longitude": 118.8, "latitude": 32.05},
    "/devices/{device_id}/track": {"from": "2026-09-22T12:00:00Z", "to": "2026-09-22T13:00:00Z"},
    "/devices/{device_id}/stops": {"from": "2026-09-22T12:00:00Z", "to": "2026-09-22T13:00:00Z"},
    "/devices/{device_id}/mileage": HOUR,
    "/mileage": HOUR,
    "/visits": {"bbox": "118.7,32,118.9,32.1", **HOUR},
    "/passers": {"line": "118.8,32.05,118.9,32.05", **HOUR},
    "/positions/nearest": {"longitude": 118.8, "latitude": 32.05, "max_age_s": 86_400},
    "/coverage": {
        "device_id": 1,
        "from": "2026-09-22T12:00:00Z",
        "to": "2026-09-22T13:00:00Z",
    },
    "/imports": {"format": "csv"},
    "/fences/export": {"format": "geojson"},
    "/fences/import": {"format": "geojson"},
    "/why-not": {"device_id": 1, "rule_id": 1},
    "/trips/summary": {"from": "2026-09-22T12:00:00Z", "to": "2026-09-22T13:00:00Z"},
    "/waybills/reconciliation": {"from": "2026-09-22T12:00:00Z", "to": "2026-09-22T13:00:00Z"},
}
