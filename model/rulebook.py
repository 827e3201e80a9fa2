"""What is judged and by what: devices, rules, fences, assignments and shifts, all with validity."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from model.calendar import CalendarDay
from model.fences import Assignment, Fence, Shift, Window
from model.ladder import LadderStep
from model.permits import Permit, Waybill
from model.photo import PhotoOrder
from model.sightings import Sighting

Severity = Literal["info", "warning", "serious"]
Mode = Literal["live", "shadow", "off"]
FAR_FUTURE_US = 4_102_444_800_000_000  # 2100-01-01: "until further notice"


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A registered unit. `identity` is the terminal's phone (no leading zeros) or handset id."""

    id: int
    organisation_id: int
    identity: str
    protocol: str
    kind: str
    name: str
    plate: str | None = None
    tags: tuple[str, ...] = ()


class Scope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which devices a rule judges; an empty field does not narrow."""

    kinds: tuple[str, ...] = ()
    organisation_ids: tuple[int, ...] = ()
    device_ids: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()  # a device has one of them


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """Weekly windows in an IANA zone."""

    zone: str = "Asia/Shanghai"
    windows: tuple[Window, ...] = ()


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a rule, in force in [valid_from_us, valid_to_us) of event time.

    `parameters` override the kind's defaults by name. `schedule` has the kind's own meaning
    (operating hours: the permitted windows; others: when the rule applies; None means always).
    `mode`: what a shadow rule finds is kept for comparison and told to nobody. `ladder`: who is
    told of a violation, and when; None: the severity's own (model.ladder). `photo`: what the unit's
    terminal is to photograph when it raises.
    """

    id: int
    version: int
    organisation_id: int
    kind: str
    name_zh: str
    name_en: str
    severity: Severity = "warning"
    mode: Mode = "live"
    ladder: tuple[LadderStep, ...] | None = None
    photo: PhotoOrder | None = None
    parameters: dict[str, float] = {}
    scope: Scope = Scope()
    schedule: Schedule | None = None
    fence_ids: tuple[int, ...] = ()
    fence_tags: tuple[str, ...] = ()
    valid_from_us: int
    valid_to_us: int = FAR_FUTURE_US


class Outage(msgspec.Struct, frozen=True):
    """A time in which the server itself heard nobody: silence in it accuses no one."""

    from_us: int
    to_us: int


class Rulebook(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in force now or in the past that a replay may need."""

    revision: int
    organisation_parents: dict[int, int | None] = {}
    devices: tuple[Device, ...] = ()
    rules: tuple[Rule, ...] = ()
    fences: tuple[Fence, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    shifts: tuple[Shift, ...] = ()
    outages: tuple[Outage, ...] = ()
    calendar: tuple[CalendarDay, ...] = ()
    permits: tuple[Permit, ...] = ()
    waybills: tuple[Waybill, ...] = ()
    sightings: tuple[Sighting, ...] = ()


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule found of one device: an episode that has become a violation.

    `ended_us` is None while it goes on. `measures`: peak and shares by name with unit, such as
    `max_speed_kmh`, `max_distance_m`, `duration_s`, `fixes`, `unknown_s`. The key that late data
    matches is (device_id, rule_id, overlap of periods).
    """

    device_id: int
    organisation_id: int
    rule_id: int
    rule_version: int
    kind: str
    severity: Severity
    started_us: int
    ended_us: int | None
    last_us: int
    fence_id: int | None = None
    fence_version: int | None = None
    responsible_organisation_id: int | None = None
    longitude_e6: int
    latitude_e6: int
    measures: dict[str, Any] = {}
    repeat: tuple[int, int] | None = None  # days, limit: earlier ones of the rule count

    @property
    def duty(self) -> str:
        """Which duty was not done, "" for episodes: two may be due at the same moment."""
        return str(self.measures.get("duty", ""))
