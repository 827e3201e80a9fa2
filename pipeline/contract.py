"""The seams between gateway, ingest, rules and API inside one process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from typing import Protocol as Interface

import msgspec

from model.frames import Quarantined, RawFrame
from model.position import PositionBatch
from protocols.contract import ProtocolError, Report, TerminalProtocol, Told, Upload
from storage.writer import Written

__all__ = [
    "BatchWriter", "Clock", "Ingest", "LiveHub", "Media", "Notes", "Pending", "Quarantined",
]  # fmt: skip


class Clock(Interface):
    """The setting's clock: real, or simulated on a test server."""

    def now_us(self) -> int: ...


class Pending(msgspec.Struct, frozen=True, gc=False):
    """A report on its way to the commit. `settled` is called once, on the event loop, after it is
    stored (error None) or durably quarantined (error); never if the commit fails."""

    protocol: TerminalProtocol
    report: Report
    received_us: int
    peer: str
    settled: Callable[[Report, ProtocolError | None], None]


class BatchWriter(Interface):
    """What the ingest loop needs of `storage.writer.Writer`."""

    async def write(
        self,
        batch: PositionBatch,
        frames: Sequence[RawFrame],
        quarantined: Sequence[Quarantined],
        tick_us: int,
        journal_id: int,
    ) -> Written: ...


class Ingest(Interface):
    """What the gateway sees of the pipeline."""

    def submit(self, pending: Pending) -> None:
        """Queue a report; never blocks. Check `full` and pause reading while it is true."""

    def quarantine(self, entry: Quarantined, settled: Callable[[], None] | None = None) -> None:
        """Queue bad input; above the cap the oldest is dropped and counted.

        `settled` is called once, on the event loop, when the entry is committed or dropped: from
        then on the transport need not keep the input.
        """

    @property
    def full(self) -> bool: ...


class Media(Interface):
    """Where photos, sounds and videos of terminals go."""

    def submit(
        self,
        upload: Upload,
        received_us: int,
        settled: Callable[[Upload, ProtocolError | None], None],
    ) -> None:
        """Keep a file; never blocks.

        `settled` is called once, on the event loop: stored (None), refused for good, or "away":
        it could not be taken now, the terminal should send it again.
        """


class Notes(Interface):
    """Where everything else that terminals say goes."""

    def submit(
        self, told: Told, received_us: int, settled: Callable[[Told, ProtocolError | None], None]
    ) -> None:
        """Keep a message; never blocks. `settled` as with `Media`."""


class LiveHub(Interface):
    """In-process publish and subscribe for the page: (organisation_id, kind, payload)."""

    def publish(self, organisation_id: int, kind: str, payload: dict[str, Any]) -> None: ...
