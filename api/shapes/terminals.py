"""Profiles of terminals, and which of their bits and items move."""

from __future__ import annotations

from pydantic import BaseModel


class TerminalProfile(BaseModel):
    """What a kind of terminal means by its bits: which signals it tells beyond the standard."""

    name: str
    zh: str
    en: str
    signals: list[str]


class TerminalLink(BaseModel):
    """How a terminal is connected; all null while it is not. `too_fast`: reports above the rate
    of one unit since the server's start."""

    online: bool
    protocol: str | None
    peer: str | None
    since: str | None
    last: str | None
    too_fast: int


class Bit(BaseModel):
    """A bit: in how many frames it was set, how often and when it changed, what it is now."""

    bit: int
    set: int
    changes: int
    now: bool
    changed_at: list[str]


class WordBit(Bit):
    """A bit of the status or alarm word; `name` where the standard has one."""

    word: str
    name: str | None


class ItemValue(BaseModel):
    """A value of an item and how often it came."""

    hex: str
    count: int


class MovingItem(BaseModel):
    """An item by id and length; `bits` that moved in it, counted from the lowest."""

    item: str
    length: int
    named: bool
    count: int
    changes: int
    different: int
    last: str
    values: list[ItemValue]
    bits: list[Bit]


class Movement(BaseModel):
    """What moved in the frames of a period, the liveliest first."""

    frames: int
    bits: list[WordBit]
    items: list[MovingItem]
