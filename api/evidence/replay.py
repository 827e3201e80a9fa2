"""What a pack keeps so that its finding can be made again, and the making of it.

Written at the closing: the engine is asked at once whether it says the finding from these inputs,
so that a pack that cannot be replayed says so itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import numpy as np

from api.access import Connection
from api.registries import rule_kinds
from api.times import microseconds
from model.position import POSITION_DTYPE, Rows, received_us
from model.rulebook import Device, Finding, Rulebook
from pipeline.replay import NO_SNAPSHOT_LOOKBACK_US
from rules.plan import effective_parameters
from rules.reproduce import Case, finding_bytes, own_world, reproduce
from storage.judgement import snapshot_before
from storage.rulebook import load_rulebook
from storage.tracks import positions_of

Row = dict[str, Any]
_SECOND_US = 1_000_000
MAX_ROWS = 100_000  # of one pack: a day at 1 s
# Does not fit a double: written as text.
_WIDE = ("alarm_bits", "signals")


def finding_of(row: Row) -> Finding:
    """The finding as the violation's row keeps it, before repeats made it more severe."""
    responsible, repeat = row["responsible_organisation_id"], row["repeat"]
    return Finding(
        device_id=row["device_id"],
        organisation_id=row["organisation_id"],
        rule_id=row["rule_id"],
        rule_version=row["rule_version"],
        kind=row["kind"],
        severity=row["found_severity"],
        started_us=microseconds(row["started_at"]),
        ended_us=None if row["ended_at"] is None else microseconds(row["ended_at"]),
        last_us=microseconds(row["last_at"]),
        fence_id=row["fence_id"],
        fence_version=row["fence_version"],
        responsible_organisation_id=responsible,
        longitude_e6=row["longitude_e6"],
        latitude_e6=row["latitude_e6"],
        measures=row["measures"],
        repeat=None if repeat is None else (repeat["days"], repeat["limit"]),
    )


async def gather(conn: Connection, row: Row) -> tuple[Case, bool]:
    """The smallest inputs from which the engine says the finding, and whether it does."""
    finding = finding_of(row)
    rulebook = await load_rulebook(conn, finding.started_us)
    cases = [case async for case in _cases(conn, row, finding, rulebook)]
    return await asyncio.to_thread(_first_that_holds, cases, finding)


def _first_that_holds(cases: list[Case], finding: Finding) -> tuple[Case, bool]:
    for case in cases:
        try:
            if reproduce(case, finding, rule_kinds()) is not None:
                return case, True
        except RuntimeError:
            continue
    return cases[0], False


async def _cases(
    conn: Connection, row: Row, finding: Finding, rulebook: Rulebook
) -> AsyncIterator[Case]:
    """From the likeliest on: from a snapshot or from nothing, as known then or now, fences near
    or all. A snapshot may have been written anew by data that came after the finding."""
    window_us = finding.measures.get("window_from_us", finding.started_us)
    since_us = min(int(window_us), finding.started_us)
    until_us = (finding.ended_us or finding.last_us) + _told_within_us(rulebook, finding)
    snapshot = await snapshot_before(conn, finding.device_id, since_us)
    blank = (since_us - NO_SNAPSHOT_LOOKBACK_US, None)
    device = _device(rulebook, finding)
    tick = row["judged_until"]
    for after_us, state in (blank,) if snapshot is None else (snapshot, blank):
        rows = await positions_of(
            conn, finding.device_id, after_us + 1, until_us + 1, limit=MAX_ROWS
        )
        tick_us = until_us if tick is None else microseconds(tick)
        for known in _known(rows, tick_us):
            for everywhere in (False, True):
                world = _world(rulebook, device, finding, known, everywhere)
                yield Case(
                    rulebook=world,
                    device_id=finding.device_id,
                    after_us=after_us,
                    state=state,
                    rows=known,
                    tick_us=tick_us,
                )


def _known(rows: Rows, tick_us: int) -> Iterator[Rows]:
    """What had been received when the finding was written, then all of it.

    What came at the tick itself, to the microsecond, may have been judged or not.
    """
    received = received_us(rows)
    parts = (rows[received <= tick_us], rows[received < tick_us], rows)
    yield from {len(part): part for part in parts}.values()


def _told_within_us(rulebook: Rulebook, finding: Finding) -> int:
    """How long after its last fix an episode may be told as ended."""
    longest_s = 3_600.0
    kind = rule_kinds().get(finding.kind)
    for rule in rulebook.rules:
        if rule.id == finding.rule_id and kind is not None:
            parameters = effective_parameters(rule, kind)
            longest_s = max(longest_s, 2 * parameters["max_gap_s"] + parameters["clear_s"])
    return int(longest_s) * _SECOND_US


def _device(rulebook: Rulebook, finding: Finding) -> Device:
    """As it was judged: the organisation is the finding's."""
    (device,) = (d for d in rulebook.devices if d.id == finding.device_id)
    return msgspec.structs.replace(device, organisation_id=finding.organisation_id)


def _world(
    rulebook: Rulebook, device: Device, finding: Finding, rows: Rows, everywhere: bool
) -> Rulebook:
    span = rows
    if not len(rows):  # a silence from the first: the finding's own place and time
        span = np.zeros(1, POSITION_DTYPE)
        span["time_us"] = finding.last_us
    return own_world(rulebook, device, finding.rule_id, span, everywhere=everywhere)


def encode_case(case: Case, reproduced: bool) -> Row:
    """A case as the `replay` part of a pack."""
    columns: dict[str, Any] = {
        name: case.rows[name].tolist() for name in POSITION_DTYPE.names or ()
    }
    for name in _WIDE:
        columns[name] = [str(value) for value in columns[name]]
    return {
        "rulebook": msgspec.to_builtins(case.rulebook, str_keys=True),
        "device_id": case.device_id,
        "after_us": case.after_us,
        "state_hex": None if case.state is None else case.state.hex(),
        "positions": columns,
        "tick_us": case.tick_us,
        "reproduced": reproduced,
    }


def decode_case(part: Row) -> Case:
    """The inverse of `encode_case`."""
    columns = {**part["positions"]}
    for name in _WIDE:
        columns[name] = [int(text) for text in columns[name]]
    rows = np.zeros(len(columns["time_us"]), POSITION_DTYPE)
    for name, values in columns.items():
        rows[name] = values
    state = part["state_hex"]
    return Case(
        rulebook=msgspec.convert(part["rulebook"], Rulebook, strict=False, str_keys=True),
        device_id=part["device_id"],
        after_us=part["after_us"],
        state=None if state is None else bytes.fromhex(state),
        rows=rows,
        tick_us=part["tick_us"],
    )


def replay_pack(content: Row) -> tuple[bytes, bytes | None]:
    """The frozen finding and what the engine makes of the pack's inputs, both canonical.

    Raises KeyError: the pack was frozen before packs kept their inputs.
    """
    frozen = msgspec.convert(content["finding"], Finding)
    found = reproduce(decode_case(content["replay"]), frozen, rule_kinds())
    return finding_bytes(frozen), None if found is None else finding_bytes(found)
