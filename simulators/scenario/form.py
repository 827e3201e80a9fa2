"""What a scenario file may say, as records; docs/simulators.schema.json is made from them.

Clock times are local ("21:40"; "1 06:10" is on the day after the start's), durations in minutes.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Rule = Literal[
    "route_deviation", "wrong_direction", "forbidden_area", "left_area",
    "route_not_finished", "skipped_waypoint", "point_not_served",
    "operating_hours", "stop_too_long", "driving_too_long", "late_start", "not_working",
    "coverage_short", "uncovered_load", "unwashed_exit", "illegal_dumping", "mixer_discharge",
    "not_spraying", "not_sweeping", "spraying_too_fast", "sweeping_too_fast",
    "speeding", "vehicle_offline", "gnss_lost", "frozen_position", "impossible_jump",
    "antenna_cut", "power_cut", "contradictory_sensors", "dead_sensor", "mocked_position",
    "inspector_off_grid", "inspector_silent", "absent_in_shift", "late_arrival", "left_early",
    "missed_check_in", "patrol_short", "stays_too_long",
    "no_permit", "no_waybill", "off_permit_dump", "waybill_unmatched",
    "unknown_plate", "no_permit_seen", "terminal_silent_seen", "seen_elsewhere",
]  # fmt: skip
Deed = Literal[
    "leaves_uncovered", "leaves_route", "drives_through_centre", "leaves_unwashed",
    "dumps_outside", "turns_back", "speeds", "enters_closed_area", "discharges_outside",
    "drives_without_rest", "does_not_spray", "does_not_sweep", "works_too_fast", "leaves_area",
    "stands_at_roadside", "stays_in_depot", "works_half",
    "leaves_grid", "falls_silent", "mocks_position", "stands_about", "walks_little", "signs_off",
    "skips_check_ins", "shuffles_check_ins", "stops_short", "forgets_check_ins",
    "goes_offline", "loses_satellites", "freezes", "jumps", "loses_power", "loses_antenna",
    "loses_ignition_wire", "loses_body_wire", "skips_stands", "takes_short_cut", "turns_home",
    "loses_permit", "is_sent_elsewhere", "gets_waybill_late", "gets_idle_waybill",
]  # fmt: skip
FaultKind = Literal[
    "gnss_drift", "outliers", "tunnel", "area_gnss_loss", "urban_canyon", "frozen_fixes",
    "clock_skew", "dead_sensor", "flapping_sensor", "packet_loss", "outage", "duplicates",
    "bytewise", "damaged_frames", "reconnect_storm", "slow_reader", "misread_plates",
    "server_restart",
]  # fmt: skip
Clock = Annotated[str, Meta(pattern=r"^(\d )?([01]\d|2[0-3]):[0-5]\d$", description='"21:40"')]
_START = r"^\d{4}-\d\d-\d\d ([01]\d|2[0-3]):[0-5]\d$"
UnitName = Annotated[
    str, Meta(pattern=r"^(all|[a-z]+( [a-z]+)?( \d+)?)$", description='"muck truck 7"')
]
Minutes = Annotated[float, Meta(gt=0, le=4_320)]
Count = Annotated[int, Meta(ge=0, le=1_350)]


class TerminalForm(msgspec.Struct, forbid_unknown_fields=True):
    """What some units speak, and over what; no `transport`: the protocol's usual one."""

    units: Annotated[list[UnitName], Meta(min_length=1)]
    protocol: Literal["jt808", "handset", "owntracks", "osmand", "nmea"]
    transport: Literal["tcp", "udp", "mqtt", "http"] | None = None


class FleetForm(msgspec.Struct, forbid_unknown_fields=True):
    """How many of each kind. `roles`: honest but for the behaviours, or the usual mix of roles.

    `papers`: muck trucks have permits and waybills, and are judged by them. `cameras`: at the gates
    of sites, which see their plates. `unregistered`: so many of the muck trucks, the last ones, are
    in no register and have no terminal. `routes`: garbage trucks drive timed routes instead of
    rounds from point to point. `roster`: inspectors work from 08:00 to 12:00 and from 14:00 to
    18:00, begin each shift with a round of check-in points, and are judged by it. `terminals`: who
    is not named has JT/T 808 by TCP, an inspector a handset by MQTT."""

    muck_truck: Count = 0
    sweeper: Count = 0
    water_truck: Count = 0
    mixer: Count = 0
    garbage_truck: Count = 0
    inspector: Count = 0
    roles: Literal["honest", "usual"] = "honest"
    papers: bool = False
    cameras: bool = False
    unregistered: Count = 0
    routes: bool = False
    roster: bool = False
    terminals: list[TerminalForm] = []


class Behaviour(msgspec.Struct, forbid_unknown_fields=True):
    """One unit does something at a time, or as soon after it as its work lets it."""

    unit: UnitName
    does: Deed
    at: Clock
    minutes: Minutes | None = None
    metres: Annotated[float, Meta(gt=0, le=20_000)] | None = None
    kmh: Annotated[float, Meta(gt=0, le=120)] | None = None


class Fault(msgspec.Struct, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}):
    """What spoils reports. `rate`: share of fixes or frames, or with `minutes` share of time."""

    kind: FaultKind
    units: list[UnitName] = msgspec.field(default_factory=lambda: ["all"])
    rate: Annotated[float, Meta(gt=0, le=1)] = 1.0
    size: Annotated[float, Meta(ge=-3_600, le=3_600)] | None = None
    signal: Literal["cover_closed", "spraying", "ignition", "body_raised"] | None = None
    minutes: Minutes | None = None
    since: Clock | None = None
    until: Clock | None = None
    seed: int = 0


class Expected(msgspec.Struct, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}):
    """A violation that must come, or must not; without times: at any time of the scenario."""

    rule: Rule
    unit: UnitName
    since: Clock | None = None
    until: Clock | None = None


class ExpectedStorm(
    msgspec.Struct, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}
):
    """A violation of each of these units that must come, all in one storm and nobody else's."""

    rule: Rule
    units: Annotated[list[UnitName], Meta(min_length=1)]
    since: Clock | None = None
    until: Clock | None = None


class Scenario(msgspec.Struct, forbid_unknown_fields=True):
    """A whole file. `start` is local (Asia/Shanghai)."""

    about: Annotated[str, Meta(min_length=10)]
    start: Annotated[str, Meta(pattern=_START, description='"2026-03-02 19:00"')]
    hours: Annotated[float, Meta(gt=0, le=72)]
    fleet: FleetForm
    seed: int = 7
    interval_s: Annotated[int, Meta(ge=5, le=60)] = 15
    behaviours: list[Behaviour] = []
    faults: list[Fault] = []
    must: list[Expected] = []
    must_not: list[Expected] = []
    storms: list[ExpectedStorm] = []


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a scenario file."""
    schema = msgspec.json.schema(Scenario)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
