"""A small town in the database: two companies, a district, officers, trucks, an inspector.

Everything goes in the way the server itself writes it: positions and frames through the Writer,
violations through the rules' own storage functions.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import msgspec
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from api.services import Services
from model.fences import Assignment, Fence, Shift
from model.frames import Quarantined, RawFrame
from model.position import PositionBatch
from model.rulebook import FAR_FUTURE_US, Device, Finding, Rule
from model.violations import Change
from pipeline.live import LiveHub
from pipeline.outcomes import OutcomeLimits, Outcomes
from rules.registry import kinds_by_name
from storage.database import Database
from storage.rulebook import (
    load_rulebook,
    register_device,
    save_assignment,
    save_fence,
    save_organisation,
    save_rule,
    save_shift,
)
from storage.users import create_user
from storage.writer import Writer
from tests.api.traffic import (
    ENDED_US,
    MINUTE_US,
    NOON_US,
    NOW_US,
    SECOND_US,
    STARTED_US,
    frame_of,
    inspector_rows,
    truck_rows,
)
from xunji.clock import SimulatedClock
from xunji.settings import Settings

PASSWORD = "correct horse battery"
SECRET = "a secret of at least thirty-two bytes for HS256"


@cache
def password_hash() -> str:
    """Argon2 is slow on purpose, and as slow to verify: this one takes least."""
    return PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),)).hash(PASSWORD)


@dataclass
class Town:
    """Ids by name, and the services that an application over it needs."""

    database: Database
    services: Services
    clock: SimulatedClock
    organisations: dict[str, int] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    fences: dict[str, Fence] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    violations: dict[str, int] = field(default_factory=dict)

    def copied(self, database: Database) -> Town:
        """The same town in a copy of its database, on a clock of its own."""
        clock = SimulatedClock(NOW_US)
        own = {name: dict(ids) for name, ids in vars(self).items() if isinstance(ids, dict)}
        services = services_of(database, clock)
        return replace(self, database=database, services=services, clock=clock, **own)


USERS = {
    "chief": ("chief", "bureau"),
    "dispatcher": ("dispatcher", "bureau"),
    "officer_wang": ("officer", "district"),
    "officer_li": ("officer", "district"),
    "company_a": ("company", "a"),
    "company_b": ("company", "b"),
}


def services_of(database: Database, clock: SimulatedClock, **changes: Any) -> Services:
    """Services of a test server in simulated time."""
    settings = Settings(clock="simulated", production=False)
    given = {
        "database": database,
        "clock": clock,
        "live": LiveHub(),
        "settings": settings,
        "secret": SECRET,
        "test_clock": clock,
    }
    return Services(**{**given, **changes})


async def build_town(database: Database) -> Town:
    """The whole town."""
    clock = SimulatedClock(NOW_US)
    town = Town(database, services_of(database, clock), clock)
    await _people(town)
    await _rulebook(town)
    await _tracks(town)
    await _violations(town)
    return town


async def _people(town: Town) -> None:
    async with town.database.pool.connection() as conn:
        bureau = await save_organisation(conn, "市城管局", "City bureau")
        named = {"a": "甲渣土公司", "b": "乙渣土公司", "district": "东区执法队"}
        town.organisations["bureau"] = bureau
        for key, name in named.items():
            town.organisations[key] = await save_organisation(conn, name, key, bureau)
        for username, (role, organisation) in USERS.items():
            town.users[username] = await create_user(
                conn,
                organisation_id=town.organisations[organisation],
                username=username,
                display_name=f"{username} 的姓名",
                role=role,
                password="replaced below",
            )
        await conn.execute("UPDATE users SET password_hash = %s", (password_hash(),))
        for key, kind, owner in (
            ("truck_a", "muck_truck", "a"),
            ("truck_b", "muck_truck", "b"),
            ("inspector", "inspector", "district"),
        ):
            device = Device(
                id=0,
                organisation_id=town.organisations[owner],
                identity=f"1380000{len(town.devices):04d}",
                protocol="handset" if kind == "inspector" else "jt808",
                kind=kind,
                name=f"{key} 号",
                plate=None if kind == "inspector" else f"苏A{len(town.devices):05d}",
            )
            town.devices[key] = await register_device(conn, device)


def square(longitude: float, latitude: float, half: float) -> dict[str, Any]:
    """A GeoJSON square, half its side in degrees."""
    west, east = longitude - half, longitude + half
    south, north = latitude - half, latitude + half
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


async def _rulebook(town: Town) -> None:
    organisations = town.organisations
    async with town.database.pool.connection() as conn:
        for name, owner, tags, at in (
            ("site", "bureau", ("site",), (118.80, 32.05)),
            ("cell", "district", ("grid",), (118.81, 32.05)),
            ("yard_b", "b", ("parking",), (118.90, 32.10)),
        ):
            fence = Fence(
                id=0,
                version=1,
                organisation_id=organisations[owner],
                responsible_organisation_id=organisations["district" if name == "site" else owner],
                name=f"{name} 围栏",
                shape="polygon",
                geometry=square(*at, 0.005),
                tags=tags,
                valid_from_us=0,
                valid_to_us=FAR_FUTURE_US,
            )
            town.fences[name] = await save_fence(conn, fence)
        for key, owner in (("uncovered", "bureau"), ("uncovered_b", "b")):
            rule = Rule(
                id=0,
                version=1,
                organisation_id=organisations[owner],
                kind="uncovered_load",
                name_zh=f"未密闭运输 {key}",
                name_en=f"Uncovered load {key}",
                parameters={"min_duration_s": 90},
                valid_from_us=0,
            )
            town.rules[key] = await save_rule(conn, rule)
        inspector = town.devices["inspector"].id
        assignment = Assignment(
            device_id=inspector,
            fence_id=town.fences["cell"].id,
            purpose="grid",
            valid_from_us=0,
            valid_to_us=FAR_FUTURE_US,
        )
        await save_assignment(conn, assignment)
        shift = Shift(
            device_id=inspector, starts_us=NOON_US - 60 * MINUTE_US, ends_us=NOW_US + 60 * MINUTE_US
        )
        await save_shift(conn, shift)


async def _tracks(town: Town) -> None:
    trucks = [town.devices["truck_a"], town.devices["truck_b"]]
    batches = [truck_rows(truck) for truck in trucks]
    frames = [
        frame_of(truck, row)
        for truck, batch in zip(trucks, batches, strict=True)
        for row in batch.rows
    ]
    refused = [
        Quarantined(
            NOW_US, "jt808", "10.0.0.9:1", None, device_id, "checksum", "wrong", b"\x01\x02"
        )
        for device_id in (town.devices["truck_a"].id, town.devices["truck_b"].id, None)
    ]
    batch = PositionBatch.join([*batches, inspector_rows(town.devices["inspector"])])
    await write(town.database, batch, frames, refused)


async def write(
    database: Database,
    batch: PositionBatch,
    frames: list[RawFrame] | None = None,
    refused: list[Quarantined] | None = None,
    journal_id: int = 1,
) -> None:
    """Store a batch as the ingest loop does."""
    writer = Writer(database)
    try:
        await writer.write(batch, frames or [], refused or [], NOW_US, journal_id)
    finally:
        await writer.close()


async def raise_violation(town: Town, device: str, rule: str = "uncovered", **changes: Any) -> int:
    """A violation as the engine raises it, with its log line and its outbox row."""
    unit, chosen = town.devices[device], town.rules[rule]
    finding = Finding(
        device_id=unit.id,
        organisation_id=unit.organisation_id,
        rule_id=chosen.id,
        rule_version=chosen.version,
        kind=chosen.kind,
        severity="serious",
        started_us=STARTED_US,
        ended_us=ENDED_US,
        last_us=ENDED_US,
        longitude_e6=118_831_800,
        latitude_e6=32_050_000,
        measures={
            "max_speed_kmh": 36.6,
            "duration_s": 420.0,
            "fixes": 43,
            "unknown_s": 0.0,
            "peak_us": STARTED_US + 60 * SECOND_US,
        },
    )
    finding = msgspec.structs.replace(finding, **changes)
    async with town.database.pool.connection() as conn:
        change = Change(action="raise", violation=None, finding=finding)
        outcomes = Outcomes(await load_rulebook(conn), kinds_by_name(), OutcomeLimits())
        await outcomes.carry_out(conn, [change], NOW_US)
        row = await (await conn.execute("SELECT max(id) FROM violations")).fetchone()
    assert row is not None
    found: int = row[0]
    return found


async def _violations(town: Town) -> None:
    site = town.fences["site"]
    town.violations["a"] = await raise_violation(
        town,
        "truck_a",
        fence_id=site.id,
        fence_version=site.version,
        responsible_organisation_id=town.organisations["district"],
    )
    town.violations["b"] = await raise_violation(town, "truck_b", "uncovered_b")
