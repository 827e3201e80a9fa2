"""What a demo remembers in its data folder, to go on after a restart."""

from __future__ import annotations

from pathlib import Path

import msgspec

FILE = "demo.json"


class DemoState(msgspec.Struct, kw_only=True):
    """A plan whose history ends at `history_s`; `sent_until_s` of it are sent.

    `shifts_until_us`: up to when inspectors have shifts.
    """

    seed: int
    units: int
    origin_us: int
    history_s: int
    live: bool
    passwords: dict[str, str]
    sent_until_s: int = 0
    shifts_until_us: int = 0

    def save(self, folder: Path) -> None:
        """Write beside and rename: a crash leaves the old file or the new one."""
        path = folder / f"{FILE}.new"
        path.touch(mode=0o600)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1))
        path.rename(folder / FILE)


def load_state(folder: Path) -> DemoState | None:
    """The state of an earlier run, None in a new folder."""
    path = folder / FILE
    return msgspec.json.decode(path.read_bytes(), type=DemoState) if path.exists() else None
