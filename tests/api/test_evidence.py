"""Frozen evidence: the finding is made again from the pack alone, and the pack stands alone."""

from __future__ import annotations

import hashlib
import io
import json
import random
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from api.evidence.archive import archive
from api.evidence.pack import frozen_content
from api.evidence.replay import decode_case, encode_case, replay_pack
from model.canonical import canonical_json
from storage.database import Database
from storage.evidence import Pack, freeze_evidence, read_pack
from storage.media import MediaStore, record_media
from storage.retention import trim
from storage.rulebook_changes import save_rule
from storage.violations import any_violation
from tests.api.browser import Browser
from tests.api.town import Town
from tests.api.traffic import STARTED_US
from tests.pipeline.judging import CLOSED, OPEN, SECOND_US, START_US, World, fixes
from tests.pipeline.test_evaluate import a_day_of_a_truck, random_batches

PHOTO = b"\xff\xd8\xff a picture"
KINDS = ("illegal_dumping", "vehicle_offline", "operating_hours")


@pytest.fixture
async def world(plain_database: Database) -> AsyncIterator[World]:
    world = World(plain_database)
    yield world
    await world.stop()


async def close_all(world: World) -> list[Pack]:
    """Freeze every standing violation as closing does."""
    packs = []
    async with world.database.pool.connection() as conn:
        cursor = await conn.execute("SELECT id FROM violations WHERE finding = 'standing'")
        for (id_,) in await cursor.fetchall():
            row = await any_violation(conn, id_)
            assert row is not None
            packs.append(await freeze_evidence(conn, id_, await frozen_content(conn, row), [], 0))
    return packs


def assert_reproduced(packs: list[Pack]) -> None:
    for pack in packs:
        content = pack.read()
        assert content["replay"]["reproduced"], content["finding"]
        frozen, found = replay_pack(content)
        assert found == frozen


async def forget_everything(world: World) -> None:
    """Retention has passed, rules and units are others."""
    async with world.database.pool.connection() as conn:
        for table in ("positions", "raw_frames", "snapshots", "outages"):
            await conn.execute(f"DELETE FROM {table}".encode())
        await conn.execute("UPDATE rules SET parameters = '{\"min_duration_s\": 3600}'")
        await conn.execute("UPDATE devices SET kind = 'sweeper', name = 'another'")


@pytest.mark.parametrize("seed", [1, 2])
async def test_findings_of_late_data_and_restarts_are_made_again_from_their_packs(
    world: World, seed: int
) -> None:
    """Whatever the order of arrival, kills and rule changes since."""
    rng = random.Random(seed)
    await world.prepare(2, also=KINDS)
    values = a_day_of_a_truck(rng, 200)
    rows = np.concatenate([fixes(id_, world.organisation_id, values) for id_ in world.devices])
    world.start()
    for number, batch in enumerate(random_batches(rng, rows)):
        received_us = START_US + (200 * 15 + number) * SECOND_US
        batch["delay_ms"] = (received_us - batch["time_us"]) // 1_000
        await world.feed(batch, received_us)
        if number % 9 == 4:
            await world.kill()
            world.start()
    await world.settled()
    await world.tick(200 * 15 + 10_000)
    packs = await close_all(world)
    kinds = {pack.read()["finding"]["kind"] for pack in packs}
    assert {"uncovered_load", "illegal_dumping"} <= kinds, "the seed would show little"
    await forget_everything(world)
    assert_reproduced(packs)


async def test_a_finding_that_was_taken_before_late_data_came(world: World) -> None:
    """The pack has what the rules knew then; what they know now is laid beside."""
    await world.prepare(1)
    world.start()
    truck = fixes(world.devices[0], world.organisation_id, [OPEN] * 20 + [CLOSED] * 8)
    truck["signals"][8:12] = CLOSED
    truck["delay_ms"] = 500
    late = np.isin(np.arange(len(truck)), range(8, 12))
    truck["delay_ms"][late] = 3_600_000
    times = truck["time_us"]
    early = truck[~late]
    for begin in range(0, len(early), 4):
        part = early[begin : begin + 4]
        await world.feed(part, int(part["time_us"].max()) + SECOND_US)
    await world.settled()
    async with world.database.pool.connection() as conn:
        await conn.execute("UPDATE violations SET status = 'taken'")
    await world.feed(truck[late], int(times.max()) + 3_600 * SECOND_US)
    await world.settled()
    packs = await close_all(world)
    async with world.database.pool.connection() as conn:
        corrected = await (await conn.execute("SELECT 1 FROM violation_corrections")).fetchall()
    assert corrected, "late data did not change anything"
    taken = packs[0].read()
    assert set(taken["replay"]["positions"]["time_us"]) <= set(early["time_us"].tolist())
    assert taken["finding"]["measures"]["duration_s"] == 285
    assert_reproduced(packs)


async def test_an_ongoing_violation_and_one_that_silence_ended(world: World) -> None:
    await world.prepare(2, also=["vehicle_offline"])
    world.start()
    for device in world.devices:
        await world.feed(fixes(device, world.organisation_id, [CLOSED] * 4 + [OPEN] * 12))
    await world.settled()
    ongoing = await close_all(world)
    assert [pack.read()["finding"]["ended_us"] for pack in ongoing] == [None, None]
    assert_reproduced(ongoing)
    async with world.database.pool.connection() as conn:
        await conn.execute("DELETE FROM evidence_packs")
    await world.tick(16 * 15 + 7_200)
    packs = await close_all(world)
    found = {(p.read()["finding"]["kind"], p.read()["finding"]["ended_us"] is None) for p in packs}
    assert found == {("uncovered_load", False), ("vehicle_offline", True)}
    assert_reproduced(packs)


async def test_the_rule_of_the_time_is_the_rule_of_the_pack(world: World) -> None:
    """A newer version came in the middle of the day; the finding is by the older."""
    await world.prepare(1)
    world.start()
    truck = fixes(world.devices[0], world.organisation_id, [OPEN] * 12 + [CLOSED] * 8)
    await world.feed(truck[:14])
    await world.settled()
    async with world.database.pool.connection() as conn:
        (rule_id,) = (await (await conn.execute("SELECT id FROM rules LIMIT 1")).fetchone()) or (0,)
        newer = world.rule("uncovered_load", min_duration_s=3_000)
        at_us = START_US + 400 * SECOND_US
        await save_rule(conn, msgspec.structs.replace(newer, id=rule_id, valid_from_us=at_us))
    await world.feed(truck[14:])
    await world.settled()
    (pack,) = await close_all(world)
    await forget_everything(world)
    assert pack.read()["rule"]["version"] == 1
    assert_reproduced([pack])


async def test_a_repeat_offence_is_replayed_as_it_was_found(world: World) -> None:
    """The count made it more severe; the engine, which knows one unit's hour, found it plain."""
    await world.prepare(1)
    async with world.database.pool.connection() as conn:
        await save_rule(conn, world.rule("uncovered_load", repeat_limit=1))
    world.start()
    values = ([OPEN] * 12 + [CLOSED] * 8) * 2
    await world.feed(fixes(world.devices[0], world.organisation_id, values))
    await world.settled()
    packs = await close_all(world)
    severities = {pack.read()["violation"]["severity"] for pack in packs}
    assert severities == {"warning", "serious"}
    assert_reproduced(packs)


async def test_a_case_survives_its_json(world: World) -> None:
    await world.prepare(1)
    world.start()
    rows = fixes(world.devices[0], world.organisation_id, [OPEN] * 12)
    rows["signals"][3] = 2**62 - 1
    rows["alarm_bits"][3] = -1
    await world.feed(rows)
    await world.settled()
    (pack,) = await close_all(world)
    part = pack.read()["replay"]
    case = decode_case(part)
    assert (case.rows["signals"][3], case.rows["alarm_bits"][3]) == (2**62 - 1, -1)
    assert canonical_json(encode_case(case, True)) == canonical_json(part)


async def test_a_pack_whose_inputs_are_another_is_not_reproduced(world: World) -> None:
    await world.prepare(1)
    world.start()
    await world.feed(fixes(world.devices[0], world.organisation_id, [OPEN] * 12 + [CLOSED] * 8))
    await world.settled()
    (pack,) = await close_all(world)
    content = pack.read()
    content["replay"]["positions"]["signals"][5] = str(CLOSED)
    content["replay"]["positions"]["speed_kmh_e1"][5] = 900
    assert replay_pack(content)[1] is None


async def test_the_starting_snapshot_outlives_the_trimming(world: World) -> None:
    await world.prepare(1)
    world.start()
    values = [CLOSED] * 100 + [OPEN] * 40 + [CLOSED] * 100
    truck = fixes(world.devices[0], world.organisation_id, values)
    for begin in range(0, len(truck), 20):
        await world.feed(truck[begin : begin + 20])
        await world.settled()
    async with world.database.pool.connection() as conn:
        await trim(conn, START_US + 30 * 86_400 * SECOND_US, 3)
        kept = await (await conn.execute("SELECT time FROM snapshots ORDER BY 1")).fetchall()
        started = await (await conn.execute("SELECT started_at FROM violations")).fetchall()
    assert len(kept) == 2
    assert kept[0] < started[0] < kept[1]


@pytest.fixture
async def closed(town: Town, browser: Browser, tmp_path: Path) -> int:
    """A closed violation of company A, of which the truck's own terminal has a photo."""
    violation = town.violations["a"]
    photo = MediaStore(tmp_path / "media").put(PHOTO)
    async with town.database.pool.connection() as conn:
        await record_media(conn, photo, STARTED_US)
        await conn.execute(
            "INSERT INTO terminal_media (organisation_id, device_id, media_number, event, channel,"
            " taken_at, received_at, sha256) SELECT organisation_id, id, 1, 'alarm', 1,"
            " to_timestamp(%s / 1e6), now(), %s FROM devices WHERE id = %s",
            (STARTED_US, photo.sha256, town.devices["truck_a"].id),
        )
    await browser.post("officer_wang", f"/violations/{violation}/take")
    await browser.post("officer_wang", f"/violations/{violation}/close", {"result": "fined"})
    return violation


async def test_the_archive_stands_alone(town: Town, browser: Browser, closed: int) -> None:
    answer = await browser.send("company_a", "GET", f"/violations/{closed}/evidence.zip")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        names = file.namelist()
        seal: dict[str, Any] = json.loads(file.read("seal.json"))
        content = file.read("evidence.json")
        pages = [file.read(f"{language}.html").decode() for language in ("zh", "en")]
        frames = [file.read(name) for name in names if name.startswith("frames/")]
        photos = [file.read(name) for name in names if name.startswith("photos/")]
    assert hashlib.sha256(content).hexdigest() == seal["sha256"]
    card = await browser.get("company_a", f"/violations/{closed}")
    assert card["evidence_sha256"] == seal["sha256"]
    assert [len(page) > 2_000 for page in pages] == [True, True]
    assert card["sentence_zh"] in pages[0]
    assert card["sentence_en"] in pages[1]
    kept = json.loads(content)
    assert [frame.hex() for frame in frames] == [f["hex"] for f in kept["raw_frames"]]
    assert len(frames) > 50
    assert photos == [PHOTO]
    (shown,) = card["photos"]
    assert (shown["source"], shown["taken_at"]) == ("terminal", card["started_at"])
    path = f"/violations/{closed}/photos/{shown['sha256']}"
    assert (await browser.send("company_a", "GET", path)).content == PHOTO
    assert (await browser.send("company_b", "GET", path)).status_code == 404
    received = kept["track"]["properties"]["received_at"]
    assert received[0] == "2026-09-22T12:00:00.800Z"
    open_one = await browser.send(
        "chief", "GET", f"/violations/{town.violations['b']}/evidence.zip"
    )
    assert open_one.json()["error"]["code"] == "evidence_not_frozen"


async def test_the_same_pack_is_the_same_file(town: Town, closed: int, tmp_path: Path) -> None:
    async with town.database.pool.connection() as conn:
        pack = await read_pack(conn, closed)
    assert pack is not None
    assert archive(pack, MediaStore(tmp_path)) == archive(pack, MediaStore(tmp_path))
