"""What a frame carries beyond the columns, as JSON text.

A row's text is joined from fragments, one an item. Fragments are cached by the item's bytes, whole
texts by the bytes of all items: terminals repeat themselves. Both caches are bounded.
"""

from __future__ import annotations

import json

from protocols.jt808.bits import STATUS_BITS
from protocols.jt808.items import ODOMETER, SATELLITES, WORK_SIGNALS, decode_item

MAX_CACHED_FRAGMENTS = 65_536
MAX_CACHED_VALUE_BYTES = 64  # longer values hardly repeat
# Items that have a column, when they have this length.
COLUMN_ITEMS = {(ODOMETER, 4), (SATELLITES, 1), (WORK_SIGNALS, 4)}
# Status bits without a column or signal of their own: all but 0-3 and the load in 8-9.
STATUS_REST = 0xFFFF_FFFF & ~0x30F
_REPEATED = ("analog", "signals")

_fragments: dict[tuple[int, int, bytes], str] = {}
_status_fragments: dict[int, str] = {}


def item_fragment(item_id: int, declared: int, value: bytes) -> str:
    """`"name":value` pairs of one item."""
    key = (item_id, declared, value)
    known = _fragments.get(key)
    if known is not None:
        return known
    text = _item_text(item_id, declared, value)
    if len(value) <= MAX_CACHED_VALUE_BYTES:
        if len(_fragments) >= MAX_CACHED_FRAGMENTS:
            _fragments.clear()
        _fragments[key] = text
    return text


def _item_text(item_id: int, declared: int, value: bytes) -> str:
    name = f"0x{item_id:02X}"
    if len(value) < declared:
        return f'"{name}_truncated":"{value.hex()}"'
    decoded = decode_item(item_id, value)
    if "raw" in decoded:
        return f'"{name}":"{value.hex()}"'
    if "signal_names" in decoded:
        decoded["vehicle_signals"] = decoded.pop("signal_names")
    if len(decoded) > 1:
        for repeated in _REPEATED:
            decoded.pop(repeated, None)
    return json.dumps(decoded, separators=(",", ":"))[1:-1]


def status_fragment(status: int) -> str:
    """The rest of the status word in words, empty if no further bit is set."""
    rest = status & STATUS_REST
    known = _status_fragments.get(rest)
    if known is not None:
        return known
    names = [STATUS_BITS.get(bit, f"bit_{bit}") for bit in range(32) if rest >> bit & 1]
    text = f'"status_bits":{json.dumps(names, separators=(",", ":"))}' if names else ""
    if len(_status_fragments) >= MAX_CACHED_FRAGMENTS:
        _status_fragments.clear()
    _status_fragments[rest] = text
    return text


def join_fragments(fragments: list[str]) -> str | None:
    """One JSON object of non-empty fragments, None when there is nothing to say."""
    text = ",".join(fragments)
    return "{" + text + "}" if text else None
