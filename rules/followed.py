"""Runs a kind that follows over a batch: most fixes are passed by, the others followed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rules.batch import Batch, Part
from rules.contract import Column, FollowingKind, Memory, Note, PassingKind
from rules.following import blank_column
from rules.plan import Version


class Following:
    """One rule of such a kind."""

    def __init__(self, rule_id: int, kind: FollowingKind) -> None:
        self._rule_id = rule_id
        self._kind = kind
        self._passing = kind if isinstance(kind, PassingKind) else None

    def over(
        self, batch: Batch, version: Version, part: Part
    ) -> Iterator[tuple[slice, Column | None]]:
        """The condition of stretches of the batch's rows; NO on all others of the part.

        Raises what the kind raises, after it has told None for what it has not judged.
        """
        rule_id, view, stretches = self._rule_id, batch.view, part.stretches
        memories = [batch.states[i].memories.setdefault(rule_id, {}) for i, _, _ in stretches]
        number = 0
        try:
            notes = self._notes(version, part, memories)
            offset = 0
            for number, (_, begin, end) in enumerate(stretches):
                memory, at = memories[number], begin
                if notes is not None:
                    at += self._passed(notes, offset, end - begin, memory, version)
                    offset += end - begin
                if at == end:
                    continue
                places = slice(at, end)
                column = self._kind.follow(view, places, memory, version.rule, version.parameters)
                if column is not blank_column(end - at):
                    yield places, column
        except Exception:
            # Who knows what the memory holds.
            del batch.states[stretches[number][0]].memories[rule_id]
            for _, begin, end in stretches[number:]:
                yield slice(begin, end), None
            raise

    def _notes(
        self, version: Version, part: Part, memories: Sequence[Memory]
    ) -> Sequence[Note] | None:
        if self._passing is None:
            return None
        counts = (end - begin for _, begin, end in part.stretches)
        if len(part.rows) > len(memories):
            memories = [m for m, n in zip(memories, counts, strict=True) for _ in range(n)]
        return self._passing.notes(part.view, memories, version.rule, version.parameters)

    def _passed(
        self,
        notes: Sequence[Note],
        offset: int,
        count: int,
        memory: Memory,
        version: Version,
    ) -> int:
        """How many of a device's fixes are passed by before the first that is to be followed."""
        assert self._passing is not None
        passes, parameters = self._passing.passes, version.parameters
        for number in range(count):
            note = notes[offset + number]
            if note is None or not passes(memory, note, parameters):
                return number
        return count
