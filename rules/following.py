"""The base of kinds that follow a device with a memory, and how the engine runs them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from model.rulebook import Rule
from rules.clauses import Clause, schedule
from rules.contract import NO, YES, Column, Memory
from rules.view import View


class Follower:
    """Base class of following kinds: by itself a fix says nothing.

    `parts`: name and words (Chinese, English) of what must come together, in the order of its
    coming; all parts hold where the condition does, the last carries what is unknown.
    """

    absence = False
    parts: tuple[tuple[str, str, str], ...] = ()

    def condition(self, view: View, rule: Rule, parameters: dict[str, float]) -> Column:  # noqa: ARG002
        """All NO: `follow` is asked instead."""
        return blank_column(len(view.rows))

    def missing(self, view: View, before: Memory, after: Memory) -> int:  # noqa: ARG002
        """Which part was missing at one fix (the view's) where the condition was no."""
        return 0

    def recall(
        self, view: View, value: int, memory: tuple[Memory, Memory], rule: Rule
    ) -> list[Clause]:
        """As `rules.clauses.RecallingKind`."""
        scheduled = schedule(view, rule)
        if scheduled.value[0] == NO:
            return [scheduled]
        last = len(self.parts) - 1
        odd = self.missing(view, *memory) if value == NO else last
        return [
            scheduled,
            *(
                Clause(*words, np.array([value if place == odd else YES], np.int8))
                for place, words in enumerate(self.parts)
            ),
        ]


@lru_cache(maxsize=256)
def blank_column(count: int) -> Column:
    """A column that says NO everywhere: one object a length, not to be written into."""
    column = Column(
        np.full(count, NO, np.int8), np.full(count, np.nan), np.full(count, -1, np.int32)
    )
    for part in (column.value, column.measure, column.fence):
        part.flags.writeable = False
    return column
