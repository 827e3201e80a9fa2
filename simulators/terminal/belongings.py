"""What a simulated terminal holds: texts it was told, photos and sounds, areas, firmware."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MAX_ALBUMS = 16  # photos under way; the oldest is given up
MAX_STORED = 100  # photos and sounds kept; the oldest goes


@dataclass(slots=True)
class Album:
    """A photo under way: its packages, byte for byte."""

    first_serial: int
    frames: list[bytes]


@dataclass(frozen=True, slots=True)
class Medium:
    """A photo or sound that is stored. `location`: the 28 bytes of where it was made."""

    media_type: int
    format: int
    event: int
    channel: int
    location: bytes
    data: bytes


class Belongings:
    """`areas`: by the message that set them and by their id, as they were set."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.albums: dict[int, Album] = {}
        self.stored: dict[int, Medium] = {}
        self.files_wanted: list[dict[str, Any]] = []  # 0x9208
        self.areas: dict[int, dict[int, dict[str, Any]]] = {}
        self.upgrades: list[dict[str, Any]] = []  # 0x8108

    def begin(self, number: int, album: Album) -> None:
        """A file is on its way."""
        self.albums[number] = album
        while len(self.albums) > MAX_ALBUMS:
            del self.albums[next(iter(self.albums))]

    def store(self, number: int, medium: Medium) -> None:
        """A file stays here."""
        self.stored[number] = medium
        while len(self.stored) > MAX_STORED:
            del self.stored[next(iter(self.stored))]
