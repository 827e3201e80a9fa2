"""A fence's properties as texts, for formats that know only texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from model.fences import Fence

_TEXTS = ("name", "code", "shape")
_NUMBERS = ("radius_m", "half_width_m")
NAMES = (*_TEXTS, *_NUMBERS, "tags", "waypoints")


def to_texts(fence: Fence) -> dict[str, str]:
    """What says more than the geometry; empty values are left out."""
    texts = {name: getattr(fence, name) for name in (*_TEXTS, *_NUMBERS)}
    found = {name: str(value) for name, value in texts.items() if value is not None}
    if fence.tags:
        found["tags"] = ",".join(fence.tags)
    if fence.waypoints:
        found["waypoints"] = msgspec.json.encode(fence.waypoints).decode()
    return found


def from_texts(texts: Mapping[str, str | None]) -> dict[str, Any]:
    """Properties of a Feature; what cannot be read stays a text, for the checks to name."""
    found: dict[str, Any] = {}
    for name in NAMES:
        text = (texts.get(name) or "").strip()
        if text:
            found[name] = _value(name, text)
    return found


def _value(name: str, text: str) -> Any:
    if name == "tags":
        return [tag.strip() for tag in text.split(",") if tag.strip()]
    if name not in (*_NUMBERS, "waypoints"):
        return text
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
