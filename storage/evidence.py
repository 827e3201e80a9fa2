"""The chain of frozen evidence: each pack carries the SHA-256 of the one before it.

A pack is canonical JSON, stored as bytes: whoever changes, swaps, drops or inserts one breaks the
chain at that place. Who rewrites everything from a place on is found by a hash kept elsewhere:
every exported pack, and what `xunji evidence verify` prints.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec

from model.canonical import canonical_json
from storage.database import Connection
from storage.instants import from_datetime, to_datetime
from storage.media import MediaStore, keep_media

Row = dict[str, Any]
GENESIS = "0" * 64  # before the first pack
_LOCK = 0x6576_6964
_PIECE = 20  # packs read at a time

_LAST = "SELECT sequence, sha256 FROM evidence_packs ORDER BY sequence DESC LIMIT 1"
_INSERT = "INSERT INTO evidence_packs VALUES (%s, %s, %s, %s, %s)"
_SELECT = "SELECT sequence, violation_id, made_at, sha256, content FROM evidence_packs"
_UNFROZEN = """
SELECT v.id FROM violations v WHERE v.status = 'closed'
AND NOT EXISTS (SELECT 1 FROM evidence_packs p WHERE p.violation_id = v.id) ORDER BY v.id LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Pack:
    """One frozen violation; `content` is what is hashed."""

    sequence: int
    violation_id: int
    made_us: int
    sha256: str
    content: bytes

    def read(self) -> Row:
        """The content, as JSON."""
        found: Row = msgspec.json.decode(self.content)
        return found


@dataclass(frozen=True, slots=True)
class Break:
    """The first broken link: its place (None: the chain as a whole), its violation, and why."""

    sequence: int | None
    violation_id: int | None
    why: str


@dataclass(frozen=True, slots=True)
class Verified:
    """How many packs were looked at, the hash of the last good one, and what is broken."""

    packs: int
    head: str
    broken: Break | None


async def freeze_evidence(
    conn: Connection, violation_id: int, content: Row, photos: list[str], made_us: int
) -> Pack:
    """Add a pack to the chain, in the caller's transaction, and hold its photos fast."""
    await conn.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    row = await (await conn.execute(_LAST)).fetchone()
    last, previous = (0, GENESIS) if row is None else row
    chain = {"sequence": last + 1, "previous_sha256": previous, "violation_id": violation_id}
    data = canonical_json({**content, "chain": chain})
    sha256 = hashlib.sha256(data).hexdigest()
    await conn.execute(_INSERT, (last + 1, violation_id, to_datetime(made_us), sha256, data))
    await keep_media(conn, photos)
    return Pack(last + 1, violation_id, made_us, sha256, data)


async def read_pack(conn: Connection, violation_id: int) -> Pack | None:
    """The pack of a closed violation."""
    query = f"{_SELECT} WHERE violation_id = %s"
    row = await (await conn.execute(query.encode(), (violation_id,))).fetchone()
    return None if row is None else _pack(row)


async def verify_chain(
    conn: Connection, media: MediaStore, known_head: str | None = None
) -> Verified:
    """Walk the chain from its start to the first broken link.

    `known_head`: a hash noted earlier, which must stand somewhere in the chain.
    """
    packs, previous, met = 0, GENESIS, known_head in (None, GENESIS)
    while True:
        query = f"{_SELECT} WHERE sequence > %s ORDER BY sequence LIMIT %s"
        rows = await (await conn.execute(query.encode(), (packs, _PIECE))).fetchall()
        for row in rows:
            pack = _pack(row)
            why = _fault(pack, packs + 1, previous) or _photo_fault(pack, media)
            if why is not None:
                return Verified(packs, previous, Break(packs + 1, pack.violation_id, why))
            packs, previous = packs + 1, pack.sha256
            met = met or previous == known_head
        if not rows:
            break
    broken = None if met else Break(None, None, f"no pack has the hash {known_head}")
    if broken is None:
        unfrozen = await (await conn.execute(_UNFROZEN)).fetchone()
        if unfrozen is not None:
            broken = Break(None, unfrozen[0], "closed, but its evidence is not in the chain")
    return Verified(packs, previous, broken)


def _fault(pack: Pack, place: int, previous: str) -> str | None:
    if pack.sequence != place:
        return f"pack {place} is missing: the next is {pack.sequence}"
    if hashlib.sha256(pack.content).hexdigest() != pack.sha256:
        return "its content does not have its hash"
    try:
        chain = pack.read()["chain"]
        said = (chain["sequence"], chain["previous_sha256"], chain["violation_id"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return "its content names no place in the chain"
    if said != (place, previous, pack.violation_id):
        return f"it says that it is pack {said[0]} of violation {said[2]} after {said[1]}"
    return None


def _photo_fault(pack: Pack, media: MediaStore) -> str | None:
    for photo in pack.read().get("photos", ()):
        data = media.get(photo["sha256"])
        if data is None:
            return f"its photo {photo['sha256']} is gone"
        if hashlib.sha256(data).hexdigest() != photo["sha256"]:
            return f"its photo {photo['sha256']} has been changed"
    return None


def _pack(row: tuple[Any, ...]) -> Pack:
    return Pack(row[0], row[1], from_datetime(row[2]), row[3], bytes(row[4]))
