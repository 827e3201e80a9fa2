"""Profiles of terminals: data files that say what a maker's bits and items mean.

Those of the package lie in `profile_files/`; a server reads further ones from a folder of its own.
The form is described in docs/jt808-profiles.md; mistakes are told by file and place.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from model.signals import SIGNALS, UNKNOWN
from protocols.jt808.signals import MAX_STATES_WIDTH, ItemRule, Profile, SignalRule
from protocols.jt808.waybill_text import WaybillForm, form_of

STANDARD = "standard"
FOLDER = Path(__file__).parent / "profile_files"
MAX_PROFILES = 200
_WORD_BITS, _MOST_BYTES = 32, 4
_RULE_KEYS = {
    "signal", "from", "bit", "width", "states", "ranges", "length", "byte", "size", "comment",
}  # fmt: skip
_PROFILE_KEYS = {"name", "zh", "en", "source", "match", "signals", "extends", "waybill"}


class ProfileError(Exception):
    """A profile that cannot be used: which file, where in it, and what is wrong."""


def load_profiles(folder: Path = FOLDER) -> dict[str, Profile]:
    """Every profile of a folder, by name, beside those of the package. Raises ProfileError."""
    found: dict[str, Profile] = {} if folder == FOLDER else dict(PROFILES)
    paths = sorted(folder.glob("*.toml"), key=lambda path: (path.stem != STANDARD, path.name))
    for path in paths[:MAX_PROFILES]:
        profile = parse_profile(path.read_text(encoding="utf-8"), path.name, found)
        found[profile.name] = profile
    return found


def parse_profile(text: str, where: str, known: dict[str, Profile]) -> Profile:
    """One file. `extends` (default: standard) takes over the rules of a known profile."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{where}: {error}") from error
    _only(data, _PROFILE_KEYS, where)
    name = data.get("name")
    if not isinstance(name, str) or not name:
        raise ProfileError(f"{where}: a profile needs a name")
    base = known.get(data.get("extends", STANDARD))
    if base is None and name != STANDARD:
        raise ProfileError(f"{where}: extends {data['extends']!r}, which is not known")
    rules = [_rule(row, f"{where}, signal {n}") for n, row in enumerate(data.get("signals", []), 1)]
    words = tuple(rule for rule in rules if isinstance(rule, SignalRule))
    items = tuple(rule for rule in rules if isinstance(rule, ItemRule))
    told = {rule.signal for rule in rules}
    for kind in (words, items):
        names = [rule.signal for rule in kind]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise ProfileError(f"{where}: {twice} is read twice from the same kind of source")
    kept = [rule for rule in base.words if rule.signal not in told] if base else []
    kept_items = [rule for rule in base.items if rule.signal not in told] if base else []
    return Profile(
        name,
        str(data.get("zh", name)),
        str(data.get("en", name)),
        (*kept, *words),
        (*kept_items, *items),
        tuple((str(m.get("maker", "")), str(m.get("model", ""))) for m in data.get("match", [])),
        _waybill(data["waybill"], where) if "waybill" in data else base.waybill if base else None,
    )


def _waybill(table: object, where: str) -> WaybillForm:
    try:
        return form_of(table)
    except ValueError as error:
        raise ProfileError(f"{where}, waybill: {error}") from error


def _only(data: dict[str, Any], allowed: set[str], where: str) -> None:
    strange = sorted(set(data) - allowed)
    if strange:
        raise ProfileError(f"{where}: {strange[0]!r} is not one of {sorted(allowed)}")


def _rule(row: dict[str, Any], where: str) -> SignalRule | ItemRule:
    _only(row, _RULE_KEYS, where)
    signal = row.get("signal")
    if signal not in SIGNALS:
        raise ProfileError(f"{where}: {signal!r} is not one of {list(SIGNALS)}")
    source, bit = str(row.get("from", "status")), _number(row, "bit", 0, 0, _WORD_BITS - 1, where)
    if source in ("status", "alarm"):
        width = _number(row, "width", 1, 1, MAX_STATES_WIDTH, where)
        states = _states(row, signal, width, where)
        return SignalRule(source, bit, width, signal, states)  # type: ignore[arg-type]
    try:
        item_id = int(source, 16)
    except ValueError as error:
        raise ProfileError(f"{where}: from {source!r} is not status, alarm or 0x..") from error
    length = _number(row, "length", 0, 1, 255, where)
    byte = _number(row, "byte", 0, 0, length - 1, where)
    size = _number(row, "size", min(length - byte, _MOST_BYTES), 1, _MOST_BYTES, where)
    if byte + size > length:
        raise ProfileError(f"{where}: bytes {byte} to {byte + size - 1} of an item of {length}")
    if "ranges" in row:
        width = _number(row, "width", 8 * size - bit, 1, _WORD_BITS, where)
        ranges = tuple(_ranges(row["ranges"], signal, where))
        return ItemRule(item_id, length, byte, size, bit, width, signal, ranges=ranges)
    width = _number(row, "width", 1, 1, MAX_STATES_WIDTH, where)
    states = _states(row, signal, width, where)
    return ItemRule(item_id, length, byte, size, bit, width, signal, states)


def _number(  # noqa: PLR0917
    row: dict[str, Any], key: str, default: int, least: int, most: int, where: str
) -> int:
    value = row.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ProfileError(f"{where}: {key} = {value!r} is not from {least} to {most}")
    return value


def _states(row: dict[str, Any], signal: str, width: int, where: str) -> tuple[int, ...]:
    """`states = { 0 = "empty", 1 = "full" }`: values not named are unknown."""
    words = row.get("states")
    if not isinstance(words, dict) or not words:
        raise ProfileError(f'{where}: states is no table like {{ 0 = "no", 1 = "yes" }}')
    states = [UNKNOWN] * (1 << width)
    for key, word in words.items():
        value = int(key, 0) if str(key).isalnum() and str(key)[:1].isdecimal() else -1
        if not 0 <= value < len(states):
            raise ProfileError(f"{where}: {key!r} is no value of {width} bits")
        states[value] = _state(word, signal, where)
    return tuple(states)


def _state(word: object, signal: str, where: str) -> int:
    words = SIGNALS[signal].states
    if word not in words:
        raise ProfileError(f"{where}: {signal} is never {word!r}, but one of {sorted(set(words))}")
    return words.index(str(word))


def _ranges(rows: object, signal: str, where: str) -> Iterator[tuple[int, int, int]]:
    if not isinstance(rows, list):
        raise ProfileError(f"{where}: ranges is no list")
    for row in rows:
        _only(row, {"from", "to", "state"}, where)
        if not isinstance(row.get("from"), int) or not isinstance(row.get("to"), int):
            raise ProfileError(f"{where}: a range needs from and to")
        yield row["from"], row["to"], _state(row.get("state"), signal, where)


PROFILES = load_profiles()
