"""Case tables of kinds that follow a device: judged whole, and cut between any two fixes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from model.fences import Shift
from model.position import Rows
from model.rulebook import Rule, Schedule
from rules.contract import Column, FollowingKind, Memory
from rules.episodes import EPISODE_PARAMETERS
from rules.registry import kinds_by_name
from tests.rules.kinds.city import WORDS, City, Fix, rows_of, when

START_US = when("2026-03-02T10:00")


@dataclass
class Step:
    """A fix `s` seconds after ten o'clock; `odometer` in metres, -1 unknown."""

    s: int
    fix: Fix
    odometer: int = -1


def rows_of_steps(steps: Sequence[Step]) -> Rows:
    rows = rows_of([step.fix for step in steps])
    rows["time_us"] = [START_US + step.s * 1_000_000 for step in steps]
    rows["odometer_m"] = [step.odometer for step in steps]
    return rows


def followed(
    kind: str,
    steps: Sequence[Step],
    parameters: dict[str, float] | None = None,
    schedule: Schedule | None = None,
    vehicle: str = "",
    shifts: Sequence[Shift] = (),
) -> list[str]:
    """The words for each fix; "unknown: reason" where it is unknown.

    Asserts that any cut of the fixes into two calls gives the same, through a memory stored and
    read again.
    """
    rows = rows_of_steps(steps)
    city = City(vehicle=vehicle, shifts=shifts)
    whole, last = _judge(kind, [rows], parameters, schedule, city)
    for cut in range(1, len(rows)):
        again, memory = _judge(kind, [rows[:cut], rows[cut:]], parameters, schedule, city)
        assert again == whole, f"cut at {cut}"
        assert memory == last, f"cut at {cut}"
    return whole


def _judge(
    kind: str,
    pieces: Sequence[Rows],
    parameters: dict[str, float] | None,
    schedule: Schedule | None,
    city: City,
) -> tuple[list[str], bytes]:
    found = kinds_by_name()[kind]
    assert isinstance(found, FollowingKind)
    rule = Rule(
        id=1, version=1, organisation_id=1, kind=kind, name_zh="", name_en="", valid_from_us=0,
        schedule=schedule,
    )  # fmt: skip
    values = {p.name: p.default for p in (*EPISODE_PARAMETERS, *found.parameters)}
    values |= found.episode_defaults | (parameters or {})
    memory: Memory = {}
    words: list[str] = []
    for rows in pieces:
        view = city.view(rows)
        column = found.follow(view, slice(0, len(rows)), memory, rule, values)
        assert column.value.dtype == np.int8
        assert len(column.value) == len(column.measure) == len(column.fence) == len(rows)
        words += _words(column)
        memory = msgspec.msgpack.decode(msgspec.msgpack.encode(memory))
    return words, msgspec.msgpack.encode(dict(sorted(memory.items())))


def _words(column: Column) -> list[str]:
    words = [WORDS[value] for value in column.value.tolist()]
    reasons = [column.reason] * len(words) if column.reasons is None else column.reasons.tolist()
    return [
        f"{word}: {reason}" if word == "unknown" else word
        for word, reason in zip(words, reasons, strict=True)
    ]
