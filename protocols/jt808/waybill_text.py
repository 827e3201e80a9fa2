"""The content of 0x0701 as fields of a waybill. The standard leaves it to the carrier (8.46), so a
profile says how its terminals write it: pieces between separators, pairs, or JSON.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from protocols.contract import ProtocolError
from protocols.jt808.times import CHINA

Form = Literal["separated", "pairs", "json"]
FORMS: tuple[Form, ...] = ("separated", "pairs", "json")
REQUIRED = ("number", "site", "dump")
FIELDS = (*REQUIRED, "volume_m3", "issued_at", "valid_until", "state")
MAX_TEXT = 4_096  # characters of one waybill
MAX_FIELD = 100
MAX_VOLUME_M3 = 100_000
_KEYS = {"form", "separator", "between", "encoding", "time", "valid_h", "cancelled", "fields"}
_ENCODINGS = ("gbk", "utf-8")
_LONGEST_VALID_H = 31 * 24
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class WaybillForm:
    """`fields`: which piece (its number, its key, its path) is which field. `time`: as strptime,
    in GMT+8. `valid_h`: for how long, when it does not say. `cancelled`: words of the state."""

    form: Form
    fields: dict[str, int | str]
    separator: str = "|"
    between: str = "="
    encoding: str = "gbk"
    time: str = "%Y-%m-%d %H:%M:%S"
    valid_h: float = 24
    cancelled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WaybillText:
    """What a terminal says of a load; `issued_us` None: it does not say when."""

    number: str
    site: str
    dump: str
    volume_m3: float | None
    issued_us: int | None
    valid_to_us: int | None
    cancelled: bool


def form_of(table: Any) -> WaybillForm:
    """The table [waybill] of a profile. Raises ValueError in words."""
    if not isinstance(table, dict) or set(table) - _KEYS:
        raise ValueError(f"[waybill] takes {sorted(_KEYS)}")
    form, fields = table.get("form"), table.get("fields")
    if form not in FORMS:
        raise ValueError(f"form = {form!r} is not one of {list(FORMS)}")
    if not isinstance(fields, dict) or set(REQUIRED) - set(fields) or set(fields) - set(FIELDS):
        raise ValueError(f"fields names {list(REQUIRED)}, and may name {list(FIELDS[3:])}")
    kind = int if form == "separated" else str
    strange = next((name for name, place in fields.items() if type(place) is not kind), None)
    if strange:
        what = "the piece's number, from 0" if kind is int else "the name of its key"
        raise ValueError(f"fields.{strange} is {what}")
    plain = {
        key: table[key] for key in ("separator", "between", "encoding", "time") if key in table
    }
    if not all(isinstance(text, str) and text for text in plain.values()):
        raise ValueError(f"{sorted(plain)} are texts")
    if plain.get("encoding", "gbk") not in _ENCODINGS:
        raise ValueError(f"encoding is one of {list(_ENCODINGS)}")
    valid_h = table.get("valid_h", 24)
    if not isinstance(valid_h, int | float) or not 0 < valid_h <= _LONGEST_VALID_H:
        raise ValueError(f"valid_h is from 0 to {_LONGEST_VALID_H} hours")
    cancelled = tuple(str(word) for word in table.get("cancelled", ()))
    return WaybillForm(form, dict(fields), **plain, valid_h=valid_h, cancelled=cancelled)


def text_of(data: bytes, encoding: str = "gbk") -> str:
    """The content as text; what is none in its encoding becomes U+FFFD."""
    return data.decode(encoding, "replace").strip("\0 \r\n")[:MAX_TEXT]


def read_waybill(form: WaybillForm, data: bytes) -> WaybillText:
    """The fields of a content. Raises ProtocolError("waybill", what is wrong)."""
    found = _PIECES[form.form](form, text_of(data, form.encoding))
    for name in REQUIRED:
        if not found.get(name):
            raise ProtocolError("waybill", f"no {name} at {form.fields[name]!r}")
    return WaybillText(
        found["number"],
        found["site"],
        found["dump"],
        _volume(found.get("volume_m3")),
        _moment(form, found.get("issued_at")),
        _moment(form, found.get("valid_until")),
        found.get("state", "") in form.cancelled if form.cancelled else False,
    )


def _separated(form: WaybillForm, text: str) -> dict[str, str]:
    pieces = [piece.strip() for piece in text.split(form.separator)]
    return {
        name: pieces[place][:MAX_FIELD]
        for name, place in form.fields.items()
        if isinstance(place, int) and 0 <= place < len(pieces)
    }


def _pairs(form: WaybillForm, text: str) -> dict[str, str]:
    pairs = (piece.partition(form.between) for piece in text.split(form.separator))
    told = {key.strip(): value.strip() for key, between, value in pairs if between}
    return {n: told[str(key)][:MAX_FIELD] for n, key in form.fields.items() if str(key) in told}


def _json(form: WaybillForm, text: str) -> dict[str, str]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProtocolError("waybill", f"no JSON: {error}") from error
    found = {}
    for name, path in form.fields.items():
        value = told
        for key in str(path).split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, str | int | float):
            found[name] = str(value).strip()[:MAX_FIELD]
    return found


_PIECES = {"separated": _separated, "pairs": _pairs, "json": _json}


def _volume(text: str | None) -> float | None:
    if not text:
        return None
    try:
        volume = float(text)
    except ValueError:
        volume = -1.0
    if not 0 < volume <= MAX_VOLUME_M3:
        raise ProtocolError("waybill", f"{text!r} is no volume in cubic metres")
    return volume


def _moment(form: WaybillForm, text: str | None) -> int | None:
    if not text:
        return None
    try:
        time = datetime.strptime(text, form.time).replace(tzinfo=CHINA)
    except ValueError as error:
        raise ProtocolError("waybill", f"{text!r} is no time like {form.time}") from error
    return (time - _EPOCH) // timedelta(microseconds=1)
