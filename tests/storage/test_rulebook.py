"""The rulebook: what goes in comes out, by versions, and every change is seen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from model.fences import Assignment, Fence, Shift, Window
from model.rulebook import FAR_FUTURE_US, Outage, Rule, Schedule, Scope
from storage.database import Connection, Database
from storage.rulebook import (
    bump_revision,
    current_revision,
    end_fence,
    end_rule,
    load_devices,
    load_rulebook,
    register_device,
    save_assignment,
    save_fence,
    save_outage,
    save_rule,
    save_shift,
)
from tests.storage.rows import NOON_US, scalar, unit

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
NIGHT = Window((1, 2, 3, 4, 5), 1_200, 360)


@pytest.fixture
async def conn(plain_database: Database) -> AsyncIterator[Connection]:
    conn = await plain_database.connect()
    yield conn
    await conn.close()


def fence(organisation_id: int, **changes: object) -> Fence:
    given: dict[str, object] = {
        "id": 0,
        "version": 1,
        "organisation_id": organisation_id,
        "responsible_organisation_id": organisation_id,
        "name": "三号工地",
        "shape": "circle",
        "geometry": {"type": "Point", "coordinates": [118.8, 32.05]},
        "radius_m": 150.5,
        "tags": ("site", "grid"),
        "valid_from_us": NOON_US,
        "valid_to_us": FAR_FUTURE_US,
        **changes,
    }
    return Fence(**given)  # type: ignore[arg-type]


def rule(organisation_id: int, **changes: object) -> Rule:
    given: dict[str, object] = {
        "id": 0,
        "version": 1,
        "organisation_id": organisation_id,
        "kind": "operating_hours",
        "name_zh": "夜间禁行",
        "name_en": "No driving at night",
        "severity": "serious",
        "parameters": {"minimum_s": 300.0},
        "scope": Scope(kinds=("muck_truck",)),
        "schedule": Schedule(windows=(NIGHT,)),
        "fence_tags": ("no_go",),
        "valid_from_us": NOON_US,
        **changes,
    }
    return Rule(**given)  # type: ignore[arg-type]


async def test_all_of_it_comes_back(conn: Connection) -> None:
    device = await unit(conn, plate="苏A·12345")
    site = await save_fence(conn, fence(device.organisation_id))
    night = await save_rule(conn, rule(device.organisation_id, fence_ids=(site.id,)))
    plain = await save_rule(conn, rule(device.organisation_id, schedule=None, scope=Scope()))
    assignment = Assignment(
        device_id=device.id,
        fence_id=site.id,
        purpose="corridor",
        windows=(NIGHT,),
        valid_from_us=NOON_US,
        valid_to_us=FAR_FUTURE_US,
    )
    always = replace(assignment, purpose="grid", windows=None)
    shift = Shift(device_id=device.id, starts_us=NOON_US, ends_us=NOON_US + HOUR_US)
    for one in (assignment, always):
        await save_assignment(conn, one)
    await save_shift(conn, shift)
    await save_shift(
        conn, replace(shift, starts_us=NOON_US - 61 * DAY_US, ends_us=NOON_US - 60 * DAY_US - 1)
    )
    await save_outage(conn, NOON_US, NOON_US + 5)
    await save_outage(conn, NOON_US, NOON_US + 3)
    book = await load_rulebook(conn, NOON_US)
    assert book.devices == (device,)
    assert book.fences == (site,)
    assert book.rules == (night, plain)
    assert book.assignments == (assignment, always)
    assert book.shifts == (shift,)
    assert book.outages == (Outage(NOON_US, NOON_US + 5),)
    assert book.organisation_parents == {device.organisation_id: None}
    assert book.revision == await current_revision(conn)


async def test_a_new_version_ends_the_one_before(conn: Connection) -> None:
    device = await unit(conn)
    first = await save_rule(conn, rule(device.organisation_id))
    second = await save_rule(conn, replace(first, severity="info", valid_from_us=NOON_US + HOUR_US))
    assert (second.id, second.version) == (first.id, 2)
    versions = (await load_rulebook(conn, NOON_US)).rules
    assert versions == (replace(first, valid_to_us=NOON_US + HOUR_US), second)


async def test_a_version_from_before_leaves_no_overlap(conn: Connection) -> None:
    device = await unit(conn)
    first = await save_fence(conn, fence(device.organisation_id))
    earlier = await save_fence(conn, replace(first, valid_from_us=NOON_US - HOUR_US))
    versions = (await load_rulebook(conn, NOON_US)).fences
    # What would have begun later was never in force.
    assert versions == (replace(first, valid_to_us=NOON_US), earlier)


async def test_ended_rules_and_fences(conn: Connection) -> None:
    device = await unit(conn)
    site = await save_fence(conn, fence(device.organisation_id))
    night = await save_rule(conn, rule(device.organisation_id))
    assert await end_fence(conn, site.id, NOON_US + HOUR_US)
    assert await end_rule(conn, night.id, NOON_US + HOUR_US)
    assert not await end_rule(conn, night.id, NOON_US + HOUR_US)
    book = await load_rulebook(conn, NOON_US)
    assert (book.fences[0].valid_to_us, book.rules[0].valid_to_us) == (NOON_US + HOUR_US,) * 2


async def test_known_fences_are_not_read_again_and_nothing_is_missed(conn: Connection) -> None:
    own = await unit(conn)
    kept, ended = [
        await save_fence(conn, fence(own.organisation_id, name=name)) for name in ("甲", "乙")
    ]
    before = (await load_rulebook(conn)).fences
    await end_fence(conn, ended.id, NOON_US + HOUR_US)
    await save_fence(conn, fence(own.organisation_id, name="丙"))
    changed = replace(kept, name="甲二", valid_from_us=NOON_US + HOUR_US)
    await save_fence(conn, changed)
    after = (await load_rulebook(conn, known=before)).fences
    assert after == (await load_rulebook(conn)).fences
    assert {f.name for f in after} == {"甲", "甲二", "乙", "丙"}
    again = (await load_rulebook(conn, known=after)).fences
    assert all(new is old for new, old in zip(again, after, strict=True))


async def test_every_change_is_seen(conn: Connection) -> None:
    revisions = [await current_revision(conn)]
    device = await unit(conn)
    for change in (
        save_fence(conn, fence(device.organisation_id)),
        save_rule(conn, rule(device.organisation_id)),
        save_shift(conn, Shift(device_id=device.id, starts_us=NOON_US, ends_us=NOON_US + 1)),
        save_outage(conn, NOON_US, NOON_US + 1),
        end_rule(conn, 1, NOON_US + 1),
        bump_revision(conn),
    ):
        await change
        revisions.append(await current_revision(conn))
    assert revisions == sorted(set(revisions))


async def test_versions_saved_at_once_follow_one_another(plain_database: Database) -> None:
    conns = [await plain_database.connect() for _ in range(4)]
    device = await unit(conns[0])
    first = await save_rule(conns[0], rule(device.organisation_id))
    versions = [replace(first, valid_from_us=NOON_US + n * HOUR_US) for n in range(1, 5)]
    saved = await asyncio.gather(*(save_rule(c, v) for c, v in zip(conns, versions, strict=True)))
    assert sorted(version.version for version in saved) == [2, 3, 4, 5]
    for conn in conns:
        await conn.close()


async def test_a_unit_is_registered_once(conn: Connection) -> None:
    await conn.execute(
        "INSERT INTO unregistered (protocol, identity, peer, first_seen, last_seen)"
        " VALUES ('jt808', '13800000001', '10.0.0.1', now(), now())"
    )
    device = await unit(conn)
    again = await register_device(conn, replace(device, name="another name"))
    assert again == device
    assert await load_devices(conn) == [device]
    assert await scalar(conn, "SELECT count(*) FROM unregistered") == 0


async def test_a_duty_of_nobody(conn: Connection) -> None:
    revision = await current_revision(conn)
    with pytest.raises(LookupError):
        await save_shift(conn, Shift(device_id=99, starts_us=NOON_US, ends_us=NOON_US + 1))
    assert await current_revision(conn) == revision
