"""Case tables of kinds that judge duties: a window's fixes, judged whole and in pieces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from geofence.index import FenceIndex
from model.fences import Assignment, Fence, Window
from model.position import Rows
from model.rulebook import Device, Rule, Rulebook
from rules.batch import Batch
from rules.build_view import build_view, sort_rows
from rules.duties import Judgement
from rules.engine import Engine
from rules.registry import kinds_by_name
from rules.roster import Roster
from rules.state import DeviceState, decode, encode
from tests.rules.kinds.city import EVERY_DAY, WORDS, assign

TEN_TO_ELEVEN = (Window(EVERY_DAY, 600, 660),)


def book_of(
    kind: str,
    fences: Sequence[Fence],
    assignments: Sequence[Assignment] | str,
    parameters: dict[str, float] | None = None,
    unit: str = "",
    **rule: Any,
) -> Rulebook:
    """One rule for device 1; a purpose assigns it all fences from ten to eleven."""
    if isinstance(assignments, str):
        purpose = assignments
        assignments = [assign(f.id, purpose, windows=TEN_TO_ELEVEN) for f in fences]
    unit = unit or kinds_by_name()[kind].vehicle_kinds[0]
    device = Device(id=1, organisation_id=1, identity="1", protocol="t", kind=unit, name="1")
    values: dict[str, Any] = {"valid_from_us": 0} | rule
    own = Rule(
        id=9, version=1, organisation_id=1, kind=kind, name_zh="", name_en="",
        parameters=parameters or {}, **values,
    )  # fmt: skip
    return Rulebook(
        revision=1, organisation_parents={1: None}, devices=(device,), rules=(own,),
        fences=tuple(fences), assignments=tuple(assignments),
    )  # fmt: skip


def judged(book: Rulebook, rows: Rows, cuts: Sequence[int] = ()) -> list[Judgement]:
    """Every verdict; between two calls the state is stored and read again."""
    engine, rows = Engine(book, kinds_by_name()), sort_rows(rows)
    index, roster = FenceIndex(book.fences), Roster.of(book)
    state, found = DeviceState(), []
    for part in np.split(rows, sorted(cuts)):
        if not len(part):
            continue
        view = build_view(part, book, {d.id: d.kind for d in book.devices}, roster, index)
        state = decode(encode(state))
        states = {1: state}
        batch = Batch.of(view, np.array([1], np.int32), states)
        found += engine.duties.judge(batch)
        assert not engine.failing
        state.last_us = int(part["time_us"][-1])
    return found


def verdicts(book: Rulebook, rows: Rows) -> list[tuple[str, dict[str, Any]]]:
    """(word or "unknown: reason", measures) of each duty; asserts that no cut changes anything."""
    whole = judged(book, rows)
    random = np.random.default_rng(1)
    for cuts in (
        [len(rows) // 2],
        random.integers(0, len(rows), 5),
        random.integers(0, len(rows), 40),
    ):
        again = judged(book, rows, list(map(int, cuts)))
        assert [(j.duty, j.verdict) for j in again] == [(j.duty, j.verdict) for j in whole]
    return [
        (WORDS[j.verdict.value] + (f": {j.verdict.reason}" if j.verdict.reason else ""),
         j.verdict.measures)
        for j in whole
    ]  # fmt: skip


def word(book: Rulebook, rows: Rows) -> str:
    """Of the only duty."""
    ((said, _),) = verdicts(book, rows)
    return said
