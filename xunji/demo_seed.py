"""Fills an empty database with the demo city: organisations, accounts, units, fences, rules."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from model.fences import Assignment, Fence, Shift, Window
from model.rulebook import FAR_FUTURE_US, Device, Rule, Schedule, Scope
from rules.contract import RuleKind
from rules.registry import kinds_by_name
from simulators.city import CityFence, fences
from simulators.fleet import Fleet, Unit
from simulators.rulings import RULINGS, Ruling
from storage.database import Connection
from storage.rulebook_changes import (
    register_device,
    save_assignment,
    save_fence,
    save_organisation,
    save_rule,
    save_shift,
)
from storage.users import Role, create_user

ZONE = timezone(timedelta(hours=8))  # the demo district's; it has no summer time
DAY_US = 86_400_000_000
SHIFT_HOURS = ((8, 20), (20, 32))
SHIFT_DAYS_AHEAD = 14
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
BUREAU = ("澜山区城市管理局", "Lanshan Urban Management Bureau")
ORGANISATIONS = {
    "company-1": ("恒运渣土运输公司", "Hengyun Muck Haulage Co."),
    "company-2": ("砼达建材运输公司", "Tongda Concrete Haulage Co."),
    "company-3": ("洁澜环卫服务公司", "Jielan Sanitation Co."),
    "district-1": ("城南执法中队", "South Enforcement Team"),
    "district-2": ("城北执法中队", "North Enforcement Team"),
}
# username: organisation, role, name shown
ACCOUNTS: dict[str, tuple[str, Role, str]] = {
    "chief": ("bureau", "chief", "局长 Chief"),
    "dispatcher": ("bureau", "dispatcher", "调度员 Dispatcher"),
    "officer-south": ("district-1", "officer", "城南执法员 Officer South"),
    "officer-north": ("district-2", "officer", "城北执法员 Officer North"),
    "company": ("company-1", "company", "恒运安全员 Hengyun Safety"),
    "inspector": ("district-1", "inspector", "城南巡查员 Inspector South"),
}


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it is told to the person who runs the demo."""

    username: str
    password: str
    role: str
    organisation: str


def new_passwords(password: str | None = None) -> dict[str, str]:
    """One password an account: random, or the same given one for all."""
    return {name: password or secrets.token_urlsafe(6) for name in ACCOUNTS}


def accounts(passwords: dict[str, str]) -> list[Account]:
    """The demo's accounts in words."""
    names = {"bureau": BUREAU, **ORGANISATIONS}
    return [
        Account(username, passwords[username], role, names[where][0])
        for username, (where, role, _) in ACCOUNTS.items()
        if username in passwords  # an older demo has fewer
    ]


async def seed_demo(conn: Connection, fleet: Fleet, passwords: dict[str, str]) -> None:
    """Everything, in force a day before the fleet's origin; the database must be empty."""
    from_us = fleet.origin_us - DAY_US
    async with conn.transaction():
        places = {"bureau": await save_organisation(conn, *BUREAU)}
        for key, (name, name_en) in ORGANISATIONS.items():
            places[key] = await save_organisation(conn, name, name_en, places["bureau"])
        fence_ids = {}
        for fence in fences(fleet.city):
            saved = await save_fence(conn, fence_of(fence, places, from_us))
            fence_ids[fence.code] = saved.id
        await _seed_rules(conn, places["bureau"], from_us)
        handsets: dict[str, int] = {}  # by organisation: of its first inspector
        for unit in fleet.reporting:
            device_id = await _seed_unit(conn, unit, places, fence_ids, from_us)
            if unit.kind == "inspector":
                handsets.setdefault(unit.owner, device_id)
        await _seed_accounts(conn, passwords, places, handsets)


async def _seed_accounts(
    conn: Connection, passwords: dict[str, str], places: dict[str, int], handsets: dict[str, int]
) -> None:
    """An inspector's account shows what the first handset of the organisation does."""
    for username, (where, role, shown) in ACCOUNTS.items():
        await create_user(
            conn,
            organisation_id=places[where],
            username=username,
            display_name=shown,
            role=role,
            password=passwords[username],
            device_id=handsets.get(where) if role == "inspector" else None,
        )


def fence_of(fence: CityFence, places: dict[str, int], from_us: int) -> Fence:
    """A fence of the city as one that is not stored yet."""
    return Fence(
        id=0,
        version=0,
        organisation_id=places["bureau"],
        responsible_organisation_id=places["district-1" if fence.south else "district-2"],
        name=fence.name,
        code=fence.code,
        shape=fence.shape,  # type: ignore[arg-type]
        geometry=fence.geometry,
        half_width_m=fence.half_width_m,
        radius_m=fence.radius_m,
        waypoints=fence.waypoints,
        tags=fence.tags,
        valid_from_us=from_us,
        valid_to_us=FAR_FUTURE_US,
    )


async def _seed_rules(conn: Connection, organisation_id: int, from_us: int) -> None:
    """One rule a kind that the simulator knows the truth of."""
    for name, kind in sorted(kinds_by_name().items()):
        ruling = RULINGS.get(name)
        if ruling is not None:
            await save_rule(conn, rule_of(ruling, kind, organisation_id, from_us))


def rule_of(ruling: Ruling, kind: RuleKind, organisation_id: int, from_us: int) -> Rule:
    """A ruling as a rule that is not stored yet."""
    schedule = None
    if ruling.windows is not None:
        windows = tuple(Window(EVERY_DAY, start, end) for start, end in ruling.windows)
        schedule = Schedule(windows=windows)
    return Rule(
        id=0,
        version=0,
        organisation_id=organisation_id,
        kind=ruling.kind,
        name_zh=kind.zh,
        name_en=kind.en,
        severity=ruling.severity,
        parameters=ruling.parameters,
        scope=Scope(kinds=ruling.kinds or kind.vehicle_kinds, tags=ruling.tags),
        schedule=schedule,
        fence_tags=ruling.fence_tags,
        valid_from_us=from_us,
    )


async def _seed_unit(
    conn: Connection, unit: Unit, places: dict[str, int], fence_ids: dict[str, int], from_us: int
) -> int:
    wanted = Device(
        id=0,
        organisation_id=places[unit.owner],
        identity=unit.identity,
        protocol=unit.protocol,
        kind=unit.kind,
        name=unit.name,
        plate=unit.plate,
        tags=unit.tags,
    )
    device = await register_device(conn, wanted)
    for duty in unit.duties:
        assignment = Assignment(
            device_id=device.id,
            fence_id=fence_ids[duty.fence_code],
            purpose=duty.purpose,  # type: ignore[arg-type]
            windows=duty.weekly(),
            valid_from_us=from_us,
            valid_to_us=FAR_FUTURE_US,
        )
        await save_assignment(conn, assignment)
    return device.id


async def top_up_shifts(conn: Connection, fleet: Fleet, from_us: int, now_us: int) -> int:
    """Give inspectors their shifts of [from_us, two weeks from now).

    A shift that runs at the fleet's origin begins there: nobody can have reported before. Returns
    up to when they have shifts now, the next call's `from_us`.
    """
    until_us = now_us + SHIFT_DAYS_AHEAD * DAY_US
    people = {unit.identity: unit for unit in fleet.units if unit.shift is not None}
    cursor = await conn.execute("SELECT id, identity FROM devices WHERE kind = 'inspector'")
    rows = [row for row in await cursor.fetchall() if row[1] in people]
    async with conn.transaction():
        for device_id, identity in rows:
            unit = people[identity]
            for starts_us, ends_us in shifts_for(unit, from_us - DAY_US, until_us):
                begins_us = max(starts_us, fleet.origin_us)
                if ends_us > begins_us >= from_us:
                    shift = Shift(device_id=device_id, starts_us=begins_us, ends_us=ends_us)
                    await save_shift(conn, shift)
    return until_us


def shifts_for(unit: Unit, from_us: int, until_us: int) -> list[tuple[int, int]]:
    """An inspector's shifts that start in [from_us, until_us); of a roster all until then."""
    if not unit.on_roster:
        return shifts_of(from_us, until_us, day_only=unit.role == "day_shift")
    spans = unit.shift_spans((until_us - unit.origin_us) // 1_000_000)
    return [
        (unit.origin_us + start_s * 1_000_000, unit.origin_us + end_s * 1_000_000)
        for start_s, end_s in spans
    ]


def shifts_of(from_us: int, until_us: int, *, day_only: bool) -> list[tuple[int, int]]:
    """Day and night shifts of twelve hours that start in [from_us, until_us)."""
    found = []
    day = datetime.fromtimestamp(from_us / 1e6, UTC).astimezone(ZONE)
    midnight = day.replace(hour=0, minute=0, second=0, microsecond=0)
    midnight_us = int(midnight.timestamp()) * 1_000_000
    while midnight_us < until_us:
        for start_hour, end_hour in SHIFT_HOURS[:1] if day_only else SHIFT_HOURS:
            start_us = midnight_us + start_hour * 3_600_000_000
            if from_us <= start_us < until_us:
                found.append((start_us, midnight_us + end_hour * 3_600_000_000))
        midnight_us += DAY_US
    return found
