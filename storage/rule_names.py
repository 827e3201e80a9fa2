"""What rules refer to by id, by the names that people use in files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storage.database import Connection
from storage.in_force import fences_in_force
from storage.registers import devices, organisations

MAX_NAMED = 20  # names that a refusal lists


@dataclass(frozen=True, slots=True)
class Names:
    """Names by id; what has no name of its own, or shares it, is called `#id`."""

    organisations: dict[int, str]
    devices: dict[int, str]
    fences: dict[int, str]

    def organisation(self, name: str) -> int:
        """Raises LookupError, with words."""
        return _find(self.organisations, name, "organisation")

    def device(self, name: str) -> int:
        """By terminal identity. Raises LookupError, with words."""
        return _find(self.devices, name, "unit")

    def fence(self, name: str) -> int:
        """By code, or by name. Raises LookupError, with words."""
        return _find(self.fences, name, "fence")


async def load_names(conn: Connection, visible: Sequence[int], now_us: int) -> Names:
    """Everything that a rule of these organisations may name."""
    own = await organisations(conn, visible)
    units = await devices(conn, visible)
    fences = await fences_in_force(conn, visible, now_us)
    return Names(
        _unique({row["id"]: row["name"] for row in own}),
        _unique({row["id"]: row["identity"] for row in units}),
        _unique({row["id"]: row["code"] or row["name"] for row in fences}),
    )


def _unique(named: Mapping[int, str]) -> dict[int, str]:
    counts: dict[str, int] = {}
    for name in named.values():
        counts[name] = counts.get(name, 0) + 1
    return {id_: name if counts[name] == 1 else f"#{id_}" for id_, name in named.items()}


def _find(named: Mapping[int, str], wanted: str, what: str) -> int:
    for id_, name in named.items():
        if wanted in {name, f"#{id_}"}:
            return id_
    known = ", ".join(sorted(named.values())[:MAX_NAMED]) or "none"
    raise LookupError(f"no {what} {wanted!r} (or several); there are: {known}")
