"""What a terminal says it has lost (its antenna, its supply), outside the places that excuse it."""

from __future__ import annotations

import numpy as np

from model.rulebook import Rule
from rules import clauses
from rules.clauses import Clause
from rules.contract import Column
from rules.readings import applies, column_of, in_places, signal_is_yes, speed_kmh
from rules.trilogic import all_of, negate, tri
from rules.view import View

# Where vehicles stand with their isolator switch open, and where they are mended.
EXEMPT_TAGS = ("parking",)


def cut_off(view: View, rule: Rule, parameters: dict[str, float], signal: str) -> Column:
    """YES where `signal` is no, UNKNOWN where the terminal does not watch it."""
    where = tri(np.ones(len(view.rows), np.bool_))
    if not parameters["inside_parking"]:
        where = tri(in_places(view, EXEMPT_TAGS) < 0)
    value = all_of(applies(view, rule), where, negate(signal_is_yes(view, signal)))
    return column_of(value, speed_kmh(view))


def cut_off_clauses(
    view: View, rule: Rule, parameters: dict[str, float], signal: Clause
) -> list[Clause]:
    """The condition of `cut_off`, part by part."""
    where = tri(np.ones(len(view.rows), np.bool_))
    if not parameters["inside_parking"]:
        where = tri(in_places(view, EXEMPT_TAGS) < 0)
    words = "不在停车场内", "outside every parking"
    return [clauses.schedule(view, rule), Clause("under_way", *words, where), signal]
