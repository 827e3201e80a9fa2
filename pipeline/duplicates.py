"""Duplicates out before the COPY: within a batch, and against what was reported lately.

Same means equal device, fix time and stored columns; the receive delay does not count. A different
report of the same device and second gets the next variant. What is older than this memory is left
to the unique key and the writer's slow path, so a cap costs speed, never correctness.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from model.position import POSITION_DTYPE, PositionBatch, Rows

REMEMBERED_FIXES = 250_000  # half an hour of a city; the first that came are forgotten first
_WORD_BYTES = 8
_WORDS = -(-POSITION_DTYPE.itemsize // _WORD_BYTES)
# Multilinear hashing: odd factors that nobody can know, one a word of the row.
_FACTORS = np.random.default_rng().integers(2**63, size=_WORDS, dtype=np.uint64) * 2 + 1


class RecentReports:
    """Hashes of the reports last seen, by device and fix time. One owner: the ingest loop.

    They are entered when the batch is cut: there is one commit in flight and it is retried until
    it succeeds, so what is entered here is stored or still unacknowledged, never lost. Keys that
    meet cost a variant's number; two different reports have the same 64 bits at one key never.
    """

    def __init__(self, most: int = REMEMBERED_FIXES) -> None:
        self._most = most
        self._known: dict[int, int | tuple[int, ...]] = {}  # by device and time; several: variants
        self._order: deque[list[int]] = deque()  # keys as they came, a batch each

    def __len__(self) -> int:
        return len(self._known)

    def fresh(self, batch: PositionBatch) -> NDArray[np.intp]:
        """Indexes of the rows that are new, in order; their `variant` is set in place."""
        keys, digests = _keys(batch.rows), _digests(batch)
        known = self._known
        if known.keys().isdisjoint(keys) and len(set(keys)) == len(keys):
            known.update(zip(keys, digests, strict=True))
            self._remember(keys)
            return np.arange(len(batch))
        return self._one_by_one(batch.rows["variant"], keys, digests)

    def _one_by_one(
        self, variants: NDArray[np.int16], keys: list[int], digests: list[int]
    ) -> NDArray[np.intp]:
        fresh: list[int] = []
        added: list[int] = []
        for index, (key, digest) in enumerate(zip(keys, digests, strict=True)):
            known = self._known.get(key)
            if known is None:
                self._known[key] = digest
                added.append(key)
            else:
                several = known if isinstance(known, tuple) else (known,)
                if digest in several:
                    continue
                variants[index] = len(several)
                self._known[key] = (*several, digest)
            fresh.append(index)
        self._remember(added)
        return np.array(fresh, np.intp)

    def _remember(self, keys: list[int]) -> None:
        if keys:
            self._order.append(keys)
        while len(self._known) > self._most:
            for key in self._order.popleft():
                del self._known[key]


def _keys(rows: Rows) -> list[int]:
    """Device and time as one number."""
    devices = rows["device_id"].astype(np.uint64) * _FACTORS[0]
    keys: list[int] = (devices + rows["time_us"].view(np.uint64)).tolist()
    return keys


def _digests(batch: PositionBatch) -> list[int]:
    """What counts of each row as one number."""
    rows = batch.rows.copy()
    rows["variant"] = 0
    rows["delay_ms"] = 0
    octets = np.zeros((len(rows), _WORDS * _WORD_BYTES), np.uint8)
    octets[:, : POSITION_DTYPE.itemsize] = rows.view(np.uint8).reshape(-1, POSITION_DTYPE.itemsize)
    sums = (octets.view(np.uint64) * _FACTORS).sum(axis=1)
    texts = np.fromiter(map(hash, batch.attributes), np.int64, len(rows)).view(np.uint64)
    digests: list[int] = (sums + texts).tolist()
    return digests
