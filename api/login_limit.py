"""How often one may try to log in: by name at an address, by address, and by name."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

WINDOW_SECONDS = 300.0
MAX_KEYS = 20_000  # the least recent keys make room
LIMITS = {"name_and_address": 8, "address": 60, "name": 40}


class LoginLimit:
    """Counts failed attempts in windows of five minutes; a right password clears its own count."""

    def __init__(self, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._monotonic_s = monotonic_s
        self._attempts: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def begin(self, username: str, address: str) -> float | None:
        """Count an attempt before its password is checked; seconds to wait when there are too many.

        Counting first keeps a burst of parallel guesses within the limit.
        """
        keys = self._keys(username, address)
        waits = [wait for key in keys if (wait := self._wait_s(key)) is not None]
        if waits:
            return max(waits)
        for key in keys:
            started_s, count = self._current(key)
            self._attempts[key] = (started_s, count + 1)
            self._attempts.move_to_end(key)
        while len(self._attempts) > MAX_KEYS:
            self._attempts.popitem(last=False)
        return None

    def succeeded(self, username: str, address: str) -> None:
        """The password was right: this attempt does not count."""
        own, *others = self._keys(username, address)
        self._attempts.pop(own, None)
        for key in others:
            started_s, count = self._current(key)
            self._attempts[key] = (started_s, max(0, count - 1))

    def __len__(self) -> int:
        return len(self._attempts)

    def _wait_s(self, key: tuple[str, str]) -> float | None:
        started_s, count = self._current(key)
        if count < LIMITS[key[0]]:
            return None
        return started_s + WINDOW_SECONDS - self._monotonic_s()

    def _current(self, key: tuple[str, str]) -> tuple[float, int]:
        now_s = self._monotonic_s()
        started_s, count = self._attempts.get(key, (now_s, 0))
        return (now_s, 0) if now_s - started_s >= WINDOW_SECONDS else (started_s, count)

    @staticmethod
    def _keys(username: str, address: str) -> list[tuple[str, str]]:
        name = username.casefold()
        return [
            ("name_and_address", f"{name}\n{address}"),
            ("address", address),
            ("name", name),
        ]
