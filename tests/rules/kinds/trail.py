"""One device's trail through a following kind: whole, or cut into calls with a stored memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from model.position import Rows
from model.rulebook import Rule
from rules.contract import FollowingKind
from rules.episodes import EPISODE_PARAMETERS
from rules.registry import kinds_by_name
from rules.state import DeviceState, decode, encode
from tests.rules.kinds.city import WORDS, City, Fix, rows_of

START = datetime.fromisoformat("2026-03-02T10:00:00")
Outcome = tuple[list[str], list[float], list[int], bytes]


def every(step_s: float, fixes: Sequence[Fix]) -> list[Fix]:
    """The same fixes, one each `step_s` from ten o'clock on."""
    return [
        replace(fix, time=(START + timedelta(seconds=step_s * i)).isoformat())
        for i, fix in enumerate(fixes)
    ]


def follow(
    city: City,
    kind: str,
    rows: Rows,
    cuts: Sequence[int] = (),
    parameters: dict[str, float] | None = None,
    **rule: Any,
) -> Outcome:
    """Words, measures, fences and the last state; between two calls the state is stored."""
    found = kinds_by_name()[kind]
    assert isinstance(found, FollowingKind)
    given = Rule(
        id=7, version=1, organisation_id=1, kind=kind, name_zh="", name_en="", valid_from_us=0,
        **rule,
    )  # fmt: skip
    values = {p.name: p.default for p in (*EPISODE_PARAMETERS, *found.parameters)}
    values |= found.episode_defaults | (parameters or {})
    view = city.view(rows)
    state = DeviceState()
    words: list[str] = []
    measures: list[float] = []
    fences: list[int] = []
    ends = sorted({c for c in cuts if 0 < c < len(rows)} | {len(rows)})
    for begin, end in zip([0, *ends], ends, strict=False):
        state = decode(encode(state))
        memory = state.memories.setdefault(7, {})
        column = found.follow(view, slice(begin, end), memory, given, values)
        reasons = column.reasons if column.reasons is not None else [column.reason] * (end - begin)
        words += [
            f"unknown: {reason}" if value == -1 else WORDS[value]
            for value, reason in zip(column.value.tolist(), reasons, strict=True)
        ]
        measures += np.nan_to_num(column.measure, nan=-1).tolist()
        fences += column.fence.tolist()
    return words, measures, fences, encode(state)


def words(city: City, kind: str, fixes: Sequence[Fix], **more: Any) -> list[str]:
    """The words for fixes in order."""
    return follow(city, kind, rows_of(fixes), **more)[0]


def random_rows(
    seed: int, count: int, places: Sequence[tuple[float, float]], signals: Sequence[dict[str, int]]
) -> Rows:
    """Runs of fixes at some of the places with some of the signals, with gaps and outliers."""
    random = np.random.default_rng(seed)
    fixes: list[Fix] = []
    while len(fixes) < count:
        x_m, y_m = places[random.integers(len(places))]
        speed = (None, 0, 0, 20, 40)[random.integers(5)]
        said = signals[random.integers(len(signals))]
        run = Fix(x_m, y_m, speed=speed, signals=said)
        fixes += [run] * int(random.integers(1, 8))
    rows = rows_of(fixes[:count])
    steps = random.choice([10, 15, 60, 200, 1_500], count, p=[0.3, 0.4, 0.2, 0.08, 0.02])
    rows["time_us"] += np.cumsum(steps) * 1_000_000
    rows["fix_source"][random.random(count) < 0.05] = 0
    return rows
