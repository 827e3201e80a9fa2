"""What a terminal protocol is: bytes in, events out, bytes back. No socket, no clock, no database.

A `Session` belongs to one transport connection and may carry many terminals. It answers heartbeats
and log-ins at once (`Send`), and hands out reports undecoded (`Report`): the pipeline decodes all
that arrived during the previous commit in one columnar call (`Protocol.decode_reports`), commits,
and only then asks the session for the acknowledgement (`Session.acknowledge`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, runtime_checkable
from typing import Protocol as Interface

import msgspec
import numpy as np
from numpy.typing import NDArray

from model.position import PositionBatch


class ProtocolError(Exception):
    """A peer's mistake: `reason` is a short stable code, `detail` says it in words."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A registered unit, as a session needs it."""

    device_id: int
    organisation_id: int


class Directory(Interface):
    """Who is known, in memory; given to sessions.

    `open`: the server registers unknown terminals at once (`find` then never returns None) and
    takes reports without a log-in; any authentication code is good.
    """

    open: bool
    files_server: tuple[str, int] | None  # where terminals send files of alarms; None: nowhere

    def find(self, identity: str) -> KnownDevice | None: ...

    def issue_code(self, identity: str) -> str:
        """The authentication code handed out at registration."""

    def check_code(self, identity: str, code: str) -> bool: ...

    def enrol(self, identity: str, details: dict[str, Any]) -> str:
        """Whether a registration agrees with the register: "" or why not.

        "no_terminal", "vehicle_taken" (the plate is another unit's), "no_vehicle" (the plate is
        nobody's), "terminal_taken" (another terminal has registered under this identity).
        """

    def check_token(self, identity: str, token: str | None) -> bool:
        """Whether who shows this token (None: none) may speak for the terminal: one that has been
        issued a token must show it."""

    def encryption_key(self, identity: str) -> str:
        """The key (32 characters) for protocols that encrypt their payloads."""


@dataclass(frozen=True, slots=True)
class Send:
    """Send these bytes now: nothing durable hangs on them."""

    data: bytes


class Report(msgspec.Struct, frozen=True, gc=False):
    """A frame with positions, not yet decoded, of an authenticated terminal.

    `frame` is what `decode_reports` takes and raw_frames keeps (JT/T 808: unescaped, without 7E).
    `token`: what the session needs to acknowledge it (serial, message id, ...).
    """

    device: KnownDevice
    identity: str
    frame: bytes
    token: Any


@dataclass(frozen=True, slots=True)
class Upload:
    """A photo, sound or video of an authenticated terminal: whole, not stored yet.

    `media_id` is the terminal's own number, `kind` image, audio or video, `format` how it is
    encoded, `event` why it was made. Time (UTC) and place say where it was taken; None: not said.
    `note`: the sender's words.
    `carries`: the connection is the terminal's own, not one for files alone.
    """

    device: KnownDevice
    identity: str
    media_id: int
    kind: str
    format: str
    event: str
    channel: int
    data: bytes
    time_us: int | None
    longitude_e6: int | None
    latitude_e6: int | None
    token: Any
    note: str = ""
    carries: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """Whatever else an authenticated terminal says and is kept by field: `name` says what it is.

    `reply(error)`: what to send when it is stored, or (error) refused or "away".
    """

    device: KnownDevice
    identity: str
    name: str
    values: dict[str, Any]
    reply: Callable[[ProtocolError | None], bytes]


@dataclass(frozen=True, slots=True)
class Online:
    """A terminal has logged in; `details` from its registration (plate, model, version, IMEI)."""

    device: KnownDevice
    identity: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offline:
    """A terminal said good-bye."""

    identity: str


@dataclass(frozen=True, slots=True)
class Unregistered:
    """A terminal that the directory does not know tried to register, log in or report."""

    identity: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answered:
    """A terminal's answer to the command `command_id` (the id in table `commands`).

    `kind`: it does not say which command, but the last one of this kind that waits, maybe since
    an earlier connection; `command_id` is then 0.
    """

    identity: str
    command_id: int
    result: str  # done, failed, message_error, unsupported
    details: dict[str, Any] = field(default_factory=dict)
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Bad:
    """Input to count and quarantine. The stream has already resynchronised."""

    frame: bytes
    reason: str
    detail: str
    identity: str | None = None


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection for this reason."""

    reason: str


Event = Send | Report | Upload | Told | Online | Offline | Unregistered | Answered | Bad | Close


@dataclass(slots=True)
class Decoded:
    """`batch` rows, and for each row the index of the report it came from.

    device_id, organisation_id, variant and delay_ms are left 0: the pipeline fills them.
    `bad[i]`: why report i as a whole could not be decoded; its good siblings are unharmed.
    """

    batch: PositionBatch
    report: NDArray[np.intp]
    bad: dict[int, ProtocolError]


class Session(Interface):
    """One transport connection's protocol state."""

    def receive_data(self, data: bytes, now_us: int) -> list[Event]:
        """Bytes in, in any cut; complete events out."""

    def acknowledge(self, report: Report | Upload, error: ProtocolError | None) -> bytes:
        """The reply to what is now stored, or (error) durably quarantined or refused."""

    def command(self, identity: str, command_id: int, kind: str, body: dict[str, Any]) -> bytes:
        """The bytes of a command to a terminal of this session.

        Kind "text": body {"text": str, "flags"?: ["emergency", "display", "tts"]}.
        Kind "photo": body {"channel"?: int, "shots"?: int, "resolution"?: int, "quality"?: int}.
        Further kinds are the protocol's own (JT/T 808: `protocols.jt808.commands`).
        Raises ProtocolError("unsupported_command" | "too_long" | "not_connected" | ...).
        """


@runtime_checkable
class PacedSession(Interface):
    """A Session whose commands may be too long to be sent at once."""

    @property
    def waiting(self) -> bool:
        """Whether more of a command has to be sent."""

    def more(self, room: int) -> bytes:
        """Its next bytes, about `room`: whole frames, so that others may be sent between."""


@runtime_checkable
class EndingSession(Interface):
    """A Session that may hold back something until it knows that no more will come."""

    def finish(self, now_us: int) -> list[Event]:
        """The peer has said that it will send no more."""


class TerminalProtocol(Interface):
    """One registered protocol."""

    name: str
    default_port: int | None

    def recognises(self, head: bytes) -> bool | None:
        """Whether a stream that starts so is ours; None: more bytes are needed."""

    def session(self, directory: Directory) -> Session: ...

    def decode_reports(self, frames: Sequence[bytes]) -> Decoded:
        """All positions of many report frames, columnar. Never raises for a bad frame."""

    def describe(self, text: str) -> Description:
        """One frame, given as hex (or as text for text protocols), for people and tests."""


@dataclass(slots=True)
class Description:
    """A decoded frame for `xunji decode`: fields by name, and its bytes annotated in order.

    `pieces`: (offset, length, field name, value in words) over the unescaped bytes.
    """

    protocol: str
    message: str
    fields: dict[str, Any]
    positions: list[dict[str, Any]]
    replies: list[str]
    pieces: list[tuple[int, int, str, str]]
    error: ProtocolError | None = None
