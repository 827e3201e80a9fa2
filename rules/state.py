"""The engine's state of a device: small, and canonical when encoded: equal means equal bytes."""

from __future__ import annotations

import msgspec

from rules.contract import Memory
from rules.episodes import Episode

# When (us), longitude and latitude (1e-6 degree), accuracy in metres.
Believed = tuple[int, int, int, int]


class DeviceState(msgspec.Struct):
    """After every fix up to and including `last_us` (0: none yet); the rest by rule id.

    The place is that of the last fix that had one, at `located_us`; `believed`: where a person on
    foot is to be believed instead (rules.believed), None there. `ignition`, `speed_kmh_e1`: the
    last fix's, as `rules.absence` reads them (0 and -1: unknown).
    """

    last_us: int = 0
    longitude_e6: int = 0
    latitude_e6: int = 0
    located_us: int = 0
    accuracy_m: int = -1
    fix_source: int = 0
    ignition: int = 0
    speed_kmh_e1: int = -1
    believed: Believed | None = None
    episodes: dict[int, Episode] = {}
    memories: dict[int, Memory] = {}


def encode(state: DeviceState) -> bytes:
    """Canonical bytes: rules in order, trivial episodes left out."""
    kept = {id_: e for id_, e in sorted(state.episodes.items()) if not e.trivial}
    known = {id_: _ordered(m) for id_, m in sorted(state.memories.items()) if m}
    return msgspec.msgpack.encode(msgspec.structs.replace(state, episodes=kept, memories=known))


def _ordered(memory: Memory) -> Memory:
    return {
        name: _ordered(known) if isinstance(known, dict) else known
        for name, known in sorted(memory.items())
    }


def decode(data: bytes) -> DeviceState:
    """The inverse of `encode`."""
    return msgspec.msgpack.decode(data, type=DeviceState)
