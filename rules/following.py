"""The base of kinds that follow a device with a memory, and how the engine runs them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from model.rulebook import Rule
from rules.contract import NO, Column
from rules.view import View


class Follower:
    """Base class of following kinds: by itself a fix says nothing."""

    absence = False

    def condition(self, view: View, rule: Rule, parameters: dict[str, float]) -> Column:  # noqa: ARG002
        """All NO: `follow` is asked instead."""
        return blank_column(len(view.rows))


def blank_column(count: int) -> Column:
    """A column that says NO everywhere."""
    return Column(np.full(count, NO, np.int8), np.full(count, np.nan), np.full(count, -1, np.int32))


def runs(versions: NDArray[np.int32], begin: int, end: int) -> Iterator[tuple[int, slice]]:
    """Runs of equal rule version over rows begin:end; 0 (not in force) is left out."""
    own = versions[begin:end]
    cuts = [0, *(np.flatnonzero(np.diff(own)) + 1).tolist(), end - begin]
    for first, last in pairwise(cuts):
        if own[first]:
            yield int(own[first]), slice(begin + first, begin + last)
