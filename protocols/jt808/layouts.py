"""Layouts of item lists: the ids and lengths in their order, read for many rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.position import UNKNOWN, Rows
from model.signals import SIGNALS
from model.signals import UNKNOWN as UNKNOWN_STATE
from protocols.jt808.attributes import (
    COLUMN_ITEMS,
    STATUS_REST,
    item_fragment,
    join_fragments,
    status_fragment,
)
from protocols.jt808.items import ODOMETER, SATELLITES, WORK_SIGNALS, Span, walk_items
from protocols.jt808.row import MAX_ODOMETER
from protocols.jt808.signals import LOADED_FIELD, WORK_SHIFT, ItemRule

MAX_LAYOUTS_A_BATCH = 32
MAX_CACHED_LAYOUTS = 256
MAX_CACHED_TEXTS = 16_384  # a part of a layout
# Items whose value is new in most frames: cached alone, so that the steady ones stay cached.
_VARYING = {0x02, 0x03, 0x2B, 0x30}
_LOW_BITS = 0x5555_5555
_BIG_ENDIAN = np.array([1 << 24, 1 << 16, 1 << 8, 1])

_layouts: dict[tuple[int, tuple[tuple[int, int], ...]], Layout] = {}
Tails = NDArray[np.uint8]


class Layout:
    """One item list: where each id and length stand, and which items go where."""

    def __init__(self, spans: list[Span]) -> None:
        self._tag_at = np.array([at for s in spans for at in (s.at - 2, s.at - 1)], np.intp)
        self._tags = np.array([tag for s in spans for tag in (s.item_id, s.declared)], np.uint8)
        self._last = last = {span.item_id: span for span in reversed(spans)}
        ordered = list(last.values())[::-1]
        self._columns = {s.item_id: s for s in ordered if _has_column(s)}
        others = [s for s in ordered if not _has_column(s)]
        self._parts = [_Part(run) for run in _runs(others)]

    def matches(self, tails: Tails) -> NDArray[np.bool_]:
        """Which tails (all of this size) have this layout."""
        matching: NDArray[np.bool_] = (tails[:, self._tag_at] == self._tags).all(axis=1)
        return matching

    def fill(
        self,
        rows: Rows,
        attributes: list[str | None],
        status: NDArray[np.int64],
        places: NDArray[np.intp],
        tails: Tails,
    ) -> None:
        """Write columns and attributes of the rows at `places`, whose tails match."""
        for item_id, span in self._columns.items():
            _FILLS[item_id](rows, places, tails[:, span.at : span.at + span.size])
        rest = status[places] & STATUS_REST
        kinds = np.unique(rest)
        for kind in kinds.tolist():
            if len(kinds) == 1:
                chosen, block = places, tails
            else:
                chosen, block = places[rest == kind], tails[rest == kind]
            texts = self._texts(status_fragment(kind), block)
            for place, text in zip(chosen.tolist(), texts, strict=True):
                attributes[place] = text

    def fill_signals(
        self, rows: Rows, places: NDArray[np.intp], tails: Tails, rules: Sequence[ItemRule]
    ) -> None:
        """Signals that a profile reads from items, as `row` does; before `fill`."""
        for rule in rules:
            span = self._last.get(rule.item_id)
            if span is None or not span.size == span.declared == rule.length:
                continue
            at = span.at + rule.byte
            number = tails[:, at : at + rule.size] @ _BIG_ENDIAN[-rule.size :]
            states = _states(rule, number >> rule.shift & (1 << rule.width) - 1)
            shift = SIGNALS[rule.signal].shift
            known = rows["signals"][places]
            told = known & ~(3 << shift) | states << shift
            rows["signals"][places] = np.where(states != UNKNOWN_STATE, told, known)

    def _texts(self, head: str, tails: Tails) -> Sequence[str | None]:
        """One JSON text a row; `head` is common to all."""
        if not self._parts:
            return [join_fragments([head] if head else [])] * len(tails)
        slots = ["%s"] * len(self._parts)
        fixed = [head.replace("%", "%%")] if head else []
        template = "{" + ",".join(fixed + slots) + "}"
        columns = [part.texts(tails) for part in self._parts]
        return list(map(template.__mod__, zip(*columns, strict=True)))


def _runs(spans: list[Span]) -> list[list[Span]]:
    """Neighbouring steady items together, each varying one alone."""
    runs: list[list[Span]] = []
    for span in spans:
        steady = span.item_id not in _VARYING
        if steady and runs and runs[-1][0].item_id not in _VARYING:
            runs[-1].append(span)
        else:
            runs.append([span])
    return runs


class _Part(dict[bytes, str]):
    """Some items of a layout: their joined bytes -> JSON text, made once."""

    def __init__(self, spans: list[Span]) -> None:
        super().__init__()
        self._spans = spans
        self._at = np.array([at for s in spans for at in range(s.at, s.at + s.size)], np.intp)

    def texts(self, tails: Tails) -> list[str]:
        """The text of each row."""
        if not len(self._at):
            return [self[b""]] * len(tails)
        block = np.ascontiguousarray(tails[:, self._at])
        values: list[bytes] = block.view(f"V{block.shape[1]}")[:, 0].tolist()
        return list(map(self.__getitem__, values))

    def __missing__(self, joined: bytes) -> str:
        fragments = []
        at = 0
        for span in self._spans:
            value = joined[at : at + span.size]
            fragments.append(item_fragment(span.item_id, span.declared, value))
            at += span.size
        if len(self) >= MAX_CACHED_TEXTS:
            self.clear()
        text = self[joined] = ",".join(fragments)
        return text


def layout_of(tail: bytes) -> Layout:
    """The layout of one item list, remembered."""
    spans = walk_items(tail)
    key = (len(tail), tuple((span.item_id, span.declared) for span in spans))
    layout = _layouts.get(key)
    if layout is None:
        if len(_layouts) >= MAX_CACHED_LAYOUTS:
            _layouts.clear()
        layout = _layouts[key] = Layout(spans)
    return layout


def _has_column(span: Span) -> bool:
    return span.size == span.declared and (span.item_id, span.size) in COLUMN_ITEMS


def _states(rule: ItemRule, values: NDArray[np.int64]) -> NDArray[np.int64]:
    """As `ItemRule.state`, for many values."""
    if not rule.ranges:
        return np.array(rule.states, np.int64)[values]
    within = [(values >= low) & (values <= high) for low, high, _state in rule.ranges]
    return np.select(within, [state for _low, _high, state in rule.ranges], UNKNOWN_STATE)


def _fill_odometer(rows: Rows, places: NDArray[np.intp], values: Tails) -> None:
    tenths = values @ _BIG_ENDIAN
    rows["odometer_m"][places] = np.where(tenths <= MAX_ODOMETER, tenths * 100, UNKNOWN)


def _fill_satellites(rows: Rows, places: NDArray[np.intp], values: Tails) -> None:
    rows["satellites"][places] = values[:, 0]


def _fill_signals(rows: Rows, places: NDArray[np.intp], values: Tails) -> None:
    """As `signals.with_work_signals`."""
    work = values @ _BIG_ENDIAN
    known = (work | work >> 1) & _LOW_BITS
    kept = rows["signals"][places] & ~(known * 3 << WORK_SHIFT | LOADED_FIELD)
    rows["signals"][places] = kept | work << WORK_SHIFT


_FILLS: dict[int, Any] = {
    ODOMETER: _fill_odometer,
    SATELLITES: _fill_satellites,
    WORK_SIGNALS: _fill_signals,
}
