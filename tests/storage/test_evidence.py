"""The chain of evidence: whatever is changed, swapped, dropped or added shows."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from model.canonical import canonical_json
from storage.database import Connection, Database
from storage.evidence import GENESIS, Verified, freeze_evidence, read_pack, verify_chain
from storage.media import MediaStore, record_media

PACKS = 5
PICTURE = b"\xff\xd8\xff a picture"


@pytest.fixture
def media(tmp_path: Path) -> MediaStore:
    return MediaStore(tmp_path)


@pytest.fixture
async def chain(plain_database: Database, media: MediaStore) -> Database:
    """Five closed violations, frozen by five hands at once; one has a photo."""
    photo = media.put(PICTURE)
    async with plain_database.pool.connection() as conn:
        await conn.execute("INSERT INTO organisations (id, name) VALUES (1, 'City')")
        await conn.execute(
            "INSERT INTO devices (id, organisation_id, identity, protocol, kind, name)"
            " VALUES (1, 1, '7', 'jt808', 'muck_truck', '7')"
        )
        await record_media(conn, photo, 1)
        await conn.execute(
            "INSERT INTO violations (id, organisation_id, device_id, rule_id, rule_version, kind,"
            " severity, found_severity, told_severity, started_at, last_at, longitude_e6,"
            " latitude_e6, raised_at, status) SELECT n, 1, 1, 1, 1, 'x', 'info', 'info', 'info',"
            " now(), now(), 0, 0, now(), 'closed'"
            " FROM generate_series(1, %s) n",
            (PACKS,),
        )

    async def freeze(number: int) -> None:
        photos = [{"sha256": photo.sha256}] if number == 3 else []
        async with plain_database.pool.connection() as conn:
            content = {"measures": {"speed_kmh": 41.0, "n": number}, "photos": photos}
            await freeze_evidence(conn, number, content, [p["sha256"] for p in photos], number)
            await asyncio.sleep(0.01)

    await asyncio.gather(*(freeze(number) for number in range(1, PACKS + 1)))
    return plain_database


async def verified(database: Database, media: MediaStore, head: str | None = None) -> Verified:
    async with database.pool.connection() as conn:
        return await verify_chain(conn, media, head)


async def rewrite(conn: Connection, sequence: int, change: dict[str, Any]) -> None:
    """Forge a pack with all that a forger knows: a canonical content and its right hash."""
    row = await (
        await conn.execute("SELECT content FROM evidence_packs WHERE sequence = %s", (sequence,))
    ).fetchone()
    assert row is not None
    content = canonical_json({**json.loads(row[0]), **change})
    await conn.execute(
        "UPDATE evidence_packs SET content = %s, sha256 = %s WHERE sequence = %s",
        (content, hashlib.sha256(content).hexdigest(), sequence),
    )


async def test_the_chain_is_gap_free_and_every_pack_names_the_one_before(
    chain: Database, media: MediaStore
) -> None:
    found = await verified(chain, media)
    assert (found.packs, found.broken) == (PACKS, None)
    async with chain.pool.connection() as conn:
        packs = [await read_pack(conn, number) for number in range(1, PACKS + 1)]
        kept = await (await conn.execute("SELECT kept FROM media")).fetchall()
    assert kept == [(True,)]
    hashes = {pack.sequence: pack.sha256 for pack in packs if pack} | {0: GENESIS}
    assert found.head == hashes[PACKS]
    for pack in packs:
        assert pack is not None
        assert canonical_json(pack.read()) == pack.content
        assert pack.read()["chain"] == {
            "sequence": pack.sequence,
            "previous_sha256": hashes[pack.sequence - 1],
            "violation_id": pack.violation_id,
        }


# What somebody does to the table -> the place at which it shows.
TAMPERING = {
    "a byte": (
        "UPDATE evidence_packs SET content = set_byte(content, 20, get_byte(content, 20) # 1)"
        " WHERE sequence = 3",
        3,
    ),
    "the hash": ("UPDATE evidence_packs SET sha256 = repeat('a', 64) WHERE sequence = 2", 2),
    "the violation": (
        "UPDATE violations SET status = 'open' WHERE id ="
        " (SELECT violation_id FROM evidence_packs WHERE sequence = 4);"
        "INSERT INTO violations OVERRIDING SYSTEM VALUE SELECT (jsonb_populate_record(v,"
        " '{\"id\": 99}')).* FROM violations v WHERE id = 1;"
        "UPDATE evidence_packs SET violation_id = 99 WHERE sequence = 4",
        4,
    ),
    "a dropped pack": ("DELETE FROM evidence_packs WHERE sequence = 2", 2),
    "a dropped pack, closed up": (
        "DELETE FROM evidence_packs WHERE sequence = 2;"
        "UPDATE evidence_packs SET sequence = sequence - 1 WHERE sequence = 3;"
        "UPDATE evidence_packs SET sequence = sequence - 1 WHERE sequence = 4;"
        "UPDATE evidence_packs SET sequence = sequence - 1 WHERE sequence = 5",
        2,
    ),
    "two packs swapped": (
        "UPDATE evidence_packs SET sequence = 100 WHERE sequence = 2;"
        "UPDATE evidence_packs SET sequence = 2 WHERE sequence = 3;"
        "UPDATE evidence_packs SET sequence = 3 WHERE sequence = 100",
        2,
    ),
    "the last pack dropped": ("DELETE FROM evidence_packs WHERE sequence = 5", None),
}


@pytest.mark.parametrize("what", TAMPERING)
async def test_tampering_shows(chain: Database, media: MediaStore, what: str) -> None:
    statements, place = TAMPERING[what]
    async with chain.pool.connection() as conn:
        for statement in statements.split(";"):
            await conn.execute(statement.encode())
    found = await verified(chain, media)
    assert found.broken is not None
    assert found.broken.sequence == place


async def test_a_forged_pack_is_found_by_the_next(chain: Database, media: MediaStore) -> None:
    async with chain.pool.connection() as conn:
        await rewrite(conn, 2, {"measures": {"speed_kmh": 14, "n": 2}})
    found = await verified(chain, media)
    assert found.broken is not None
    assert (found.packs, found.broken.sequence) == (2, 3)


async def test_a_chain_forged_to_its_end_is_found_by_a_noted_hash(
    chain: Database, media: MediaStore
) -> None:
    head = (await verified(chain, media)).head
    async with chain.pool.connection() as conn:
        await rewrite(conn, PACKS, {"measures": {}})
    assert (await verified(chain, media)).broken is None
    found = await verified(chain, media, head)
    assert found.broken is not None
    assert head in found.broken.why


@pytest.mark.parametrize("data", [None, b"\xff\xd8\xff another"])
async def test_a_photo_that_is_gone_or_another(
    chain: Database, media: MediaStore, data: bytes | None
) -> None:
    path = media.path(hashlib.sha256(PICTURE).hexdigest())
    if data is None:
        path.unlink()
    else:
        path.write_bytes(data)
    found = await verified(chain, media)
    assert found.broken is not None
    assert found.broken.violation_id == 3
    assert "photo" in found.broken.why


async def test_a_violation_with_a_pack_cannot_be_deleted(chain: Database) -> None:
    from psycopg.errors import ForeignKeyViolation

    async with chain.pool.connection() as conn:
        with pytest.raises(ForeignKeyViolation):
            await conn.execute("DELETE FROM violations WHERE id = 1")
