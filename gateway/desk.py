"""What every front door shares, and what happens to each kind of event wherever it came in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from typing import Protocol as Interface

from gateway.counters import Counters
from gateway.directory import Directory
from gateway.online import OnlineTable
from gateway.report_rate import ReportRate
from model.frames import Quarantined
from pipeline.contract import Clock, Ingest, Media, Notes
from protocols.contract import Answered, Bad, ProtocolError, Told, Unregistered, Upload

MAX_QUARANTINED_BYTES = 4_096  # of one piece of bad input; the detail says when it was cut
MAX_DETAIL_CHARACTERS = 1_000


@dataclass(frozen=True, slots=True)
class Answer:
    """A terminal's answer to a command, on its way to the database."""

    command_id: int
    device_id: int
    result: str
    at_us: int
    details: dict[str, Any] = field(default_factory=dict)
    kind: str = ""  # of `Answered`


class Letters(Interface):
    """Commands for terminals that are no connection, to be taken home with an answer."""

    def waits(self, device_id: int) -> bool:
        """Whether something is queued, as far as is known without asking the database."""

    async def collect(
        self, device_id: int, encode: Callable[[int, str, dict[str, Any]], bytes]
    ) -> list[bytes]:
        """What is queued, now marked as sent, as `encode(id, kind, body)` makes it; a
        ProtocolError of it is the command's answer. Nothing while the database is away."""


@dataclass(slots=True)
class Desk:
    """Given to every door. `answered` takes a terminal's answer to a command.

    `media` None: photos are refused; `notes` None: so is what else terminals say. `letters` None:
    nobody takes commands home with an answer.
    """

    ingest: Ingest
    clock: Clock
    directory: Directory
    online: OnlineTable
    counters: Counters
    answered: Callable[[Answer], None]
    media: Media | None = None
    notes: Notes | None = None
    rate: ReportRate = field(default_factory=ReportRate)
    letters: Letters | None = None

    def refuse(
        self,
        bad: Bad,
        protocol: str,
        peer: str,
        now_us: int,
        settled: Callable[[], None] | None = None,
    ) -> None:
        """Count bad input and send it to quarantine."""
        known = bad.identity and self.directory.known(protocol, bad.identity)
        frame, detail = bad.frame, bad.detail[:MAX_DETAIL_CHARACTERS]
        if len(frame) > MAX_QUARANTINED_BYTES:
            detail += f" (first {MAX_QUARANTINED_BYTES} of {len(frame)} bytes kept)"
            frame = frame[:MAX_QUARANTINED_BYTES]
        self.ingest.quarantine(
            Quarantined(
                received_us=now_us,
                protocol=protocol,
                peer=peer,
                identity=bad.identity,
                device_id=known.device_id if known else None,
                reason=bad.reason,
                detail=detail,
                frame=frame,
            ),
            settled,
        )

    def stranger(self, event: Unregistered, protocol: str, peer: str, now_us: int) -> None:
        """Remember a terminal that is not in the register."""
        self.directory.remember_stranger(protocol, event.identity, peer, event.details, now_us)

    def keep(
        self,
        upload: Upload,
        now_us: int,
        settled: Callable[[Upload, ProtocolError | None], None],
    ) -> None:
        """Keep a photo; `settled` as in `pipeline.contract.Media`."""
        self.counters.add("uploads")
        if self.media is None:
            settled(upload, ProtocolError("no_media", "this server keeps no photos"))
        else:
            self.media.submit(upload, now_us, settled)

    def note(
        self, told: Told, now_us: int, settled: Callable[[Told, ProtocolError | None], None]
    ) -> None:
        """Keep what a terminal says; `settled` as in `pipeline.contract.Notes`."""
        self.counters.add("messages_told")
        if self.notes is None:
            settled(told, ProtocolError("no_messages", "this server keeps no messages"))
        else:
            self.notes.submit(told, now_us, settled)

    def answer(self, event: Answered, protocol: str, now_us: int) -> None:
        """Hand on a terminal's answer; one of an unknown terminal is dropped."""
        device = self.directory.known(protocol, event.identity)
        if device is None:
            self.counters.add("answers_of_strangers")
        else:
            self.answered(
                Answer(
                    event.command_id,
                    device.device_id,
                    event.result,
                    now_us,
                    event.details,
                    event.kind,
                )
            )
