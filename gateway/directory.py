"""Who is known, in memory: registered devices, their codes, and the strangers who knocked.

With auto-registration the directory is open: a stranger gets a device id at once from a reserve
of ids taken from the database beforehand, so that no connection has to be held while somebody
registers it. The row itself is written by `write_newcomers`, which the ingest loop awaits before
every commit: nothing of a newcomer is acknowledged before its registration is stored.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.counters import Counters
from gateway.enrolment import Enrolment
from gateway.protocol_directory import ProtocolDirectory
from model.codes import code_hash
from model.rulebook import Device
from model.terminals import Newcomer, Stranger
from model.tokens import check_token, encryption_key
from protocols.contract import KnownDevice

MAX_STRANGERS = 10_000  # remembered between two writes; the longest silent one goes first
MAX_DETAILS = 16  # named details kept of a stranger
RESERVED_IDS = 1_024  # newcomers that may appear between two refills; more must knock again
CODE_CHARACTERS = 16

Reserve = Callable[[int], Awaitable[Sequence[int]]]
WriteNewcomers = Callable[[Sequence[Newcomer]], Awaitable[dict[int, tuple[int, int]]]]
WriteStrangers = Callable[[Sequence[Stranger]], Awaitable[None]]


async def _refuse_reserve(_count: int) -> Sequence[int]:
    """Nobody is registered automatically."""
    return ()


@dataclass(slots=True)
class _Knock:
    """What is remembered of a stranger between two writes."""

    peer: str
    first_us: int
    last_us: int
    attempts: int = 0
    details: dict[str, Any] = field(default_factory=dict)


class Directory:
    """Known devices by (protocol, identity); `of(protocol)` is what sessions are given.

    `reserve(count)` takes device ids from the database. `write_newcomers(list)` stores devices
    under ids given here and returns those that somebody else had registered meanwhile: id given ->
    (id, organisation id) in the register. Both may raise StorageAway. `any_code`: the register
    alone lets a terminal in, whatever code it has from its maker. `files_server`: the address at
    which terminals reach the port for files of alarms.
    """

    def __init__(
        self,
        secret: bytes,
        *,
        open_to_all: bool = False,
        organisation_id: int = 1,
        reserve: Reserve = _refuse_reserve,
        write_newcomers: WriteNewcomers | None = None,
        write_strangers: WriteStrangers | None = None,
        counters: Counters | None = None,
        enrolment: Enrolment | None = None,
        any_code: bool = False,
        files_server: tuple[str, int] | None = None,
    ) -> None:
        self.open = open_to_all
        self.actual_device: dict[int, KnownDevice] = {}
        self._secret = secret
        self._organisation_id = organisation_id
        self._reserve = reserve
        self._write_newcomers = write_newcomers
        self._write_strangers = write_strangers
        self._counters = counters or Counters()
        self._enrolment = enrolment or Enrolment()
        self._any_code = any_code
        self.files_server = files_server
        self._of: dict[str, ProtocolDirectory] = {}
        self._code_hashes: dict[int, str] = {}
        self._known: dict[tuple[str, str], KnownDevice] = {}
        self._tokens: Mapping[tuple[str, str], str] = {}
        self._identities: dict[int, tuple[str, str]] = {}
        self._ids: deque[int] = deque()
        self._newcomers: dict[tuple[str, str], Newcomer] = {}
        self._strangers: OrderedDict[tuple[str, str], _Knock] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def refresh(
        self,
        devices: Iterable[Device],
        code_hashes: Mapping[int, str] | None = None,
        tokens: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        """Take over the register; newcomers that are not in it yet stay known.

        `code_hashes`: device -> hash of the code that its maker gave it. `tokens`: terminal -> what
        is stored of the token issued for it; None: as before.
        """
        devices = list(devices)
        self._enrolment.refresh(devices)
        self._code_hashes = dict(code_hashes or {})
        self._tokens = self._tokens if tokens is None else dict(tokens)
        known = {
            (device.protocol, device.identity): KnownDevice(device.id, device.organisation_id)
            for device in devices
        }
        for key, newcomer in self._newcomers.items():
            if key in known:
                self.actual_device[newcomer.device_id] = known[key]
            else:
                known[key] = KnownDevice(newcomer.device_id, newcomer.organisation_id)
        self._known = known
        self._identities = {device.device_id: key for key, device in known.items()}
        for key in [key for key in self._strangers if key in known]:
            del self._strangers[key]

    def of(self, protocol: str) -> ProtocolDirectory:
        """The directory as sessions of one protocol see it: one for all of them."""
        if protocol not in self._of:
            self._of[protocol] = ProtocolDirectory(self, protocol)
        return self._of[protocol]

    def find(self, protocol: str, identity: str) -> KnownDevice | None:
        """A registered device, or (open) one that is registered just now."""
        device = self._known.get((protocol, identity))
        return self._admit(protocol, identity) if device is None and self.open else device

    def known(self, protocol: str, identity: str) -> KnownDevice | None:
        """A device that is known already; nobody is admitted."""
        return self._known.get((protocol, identity))

    def identity_of(self, device_id: int) -> tuple[str, str] | None:
        """(protocol, identity) of a device."""
        return self._identities.get(device_id)

    def code(self, protocol: str, identity: str) -> str:
        """The authentication code of a terminal: HMAC-SHA256 of protocol and identity, hex."""
        text = f"{protocol}\0{identity}".encode()
        return hmac.new(self._secret, text, hashlib.sha256).hexdigest()[:CODE_CHARACTERS]

    def check(self, protocol: str, identity: str, code: str) -> bool:
        """Whether the code is the terminal's, compared in constant time."""
        expected = self.code(protocol, identity).encode()
        given = code.encode(errors="replace")
        if self.open or self._any_code or hmac.compare_digest(expected, given):
            return True
        device = self.known(protocol, identity)
        stored = None if device is None else self._code_hashes.get(device.device_id)
        return stored is not None and hmac.compare_digest(stored, code_hash(code))

    def enrol(self, protocol: str, identity: str, details: dict[str, Any]) -> str:
        """As `protocols.contract.Directory.enrol`."""
        device = self.find(protocol, identity)
        return "no_terminal" if device is None else self._enrolment.enrol(device, details)

    def introduce(self, protocol: str, identity: str, details: dict[str, Any], now_us: int) -> None:
        """A terminal has logged in; what it says of itself goes to the register."""
        device = self.known(protocol, identity)
        if device is not None:
            actual = self.actual_device.get(device.device_id, device)
            self._enrolment.introduce(actual, details, now_us)

    async def write_introduced(self) -> None:
        """Hand what terminals said of themselves to the register; it is kept if that fails."""
        await self._enrolment.write()

    def encryption_key(self, protocol: str, identity: str) -> str:
        """As `model.tokens.encryption_key`."""
        return encryption_key(self._secret, protocol, identity)

    def check_token(self, protocol: str, identity: str, token: str | None) -> bool:
        """Whether the token is the terminal's; one without a token needs none."""
        stored = self._tokens.get((protocol, identity))
        return stored is None or (token is not None and check_token(token, stored))

    def has_token(self, protocol: str, identity: str) -> bool:
        """Whether a token was issued for the terminal."""
        return (protocol, identity) in self._tokens

    # Newcomers

    def _admit(self, protocol: str, identity: str) -> KnownDevice | None:
        if not self._ids:
            self._counters.add("newcomers_turned_away")
            return None
        newcomer = Newcomer(self._ids.popleft(), self._organisation_id, protocol, identity)
        device = KnownDevice(newcomer.device_id, newcomer.organisation_id)
        self._newcomers[protocol, identity] = newcomer
        self._known[protocol, identity] = device
        self._identities[newcomer.device_id] = (protocol, identity)
        self._counters.add("newcomers")
        return device

    async def refill(self) -> None:
        """Keep ids in reserve (open directories only)."""
        if self.open and len(self._ids) < RESERVED_IDS // 2:
            self._ids.extend(await self._reserve(RESERVED_IDS - len(self._ids)))

    def unregistered(self) -> set[int]:
        """Ids of the newcomers whose registration is not stored yet."""
        return {newcomer.device_id for newcomer in self._newcomers.values()}

    async def write_newcomers(self) -> int:
        """Store the devices that were admitted, and say how many; awaited before each commit."""
        if not self._newcomers or self._write_newcomers is None:
            return 0
        newcomers = dict(self._newcomers)
        others = await self._write_newcomers(list(newcomers.values()))
        for key, newcomer in newcomers.items():
            self._newcomers.pop(key, None)
            if newcomer.device_id in others:
                actual = KnownDevice(*others[newcomer.device_id])
                self._known[key] = actual
                self._identities.pop(newcomer.device_id, None)
                self._identities[actual.device_id] = key
                self.actual_device[newcomer.device_id] = actual
        await self.refill()
        return len(newcomers)

    # Strangers

    def remember_stranger(
        self, protocol: str, identity: str, peer: str, details: dict[str, Any], now_us: int
    ) -> None:
        """A terminal that nobody registered has knocked."""
        self._counters.add("unregistered")
        key = (protocol, identity)
        knock = self._strangers.get(key)
        if knock is None:
            knock = self._strangers[key] = _Knock(peer, now_us, now_us)
        self._strangers.move_to_end(key)
        knock.peer, knock.last_us = peer, now_us
        knock.attempts += 1
        if details:
            knock.details = dict(list(details.items())[:MAX_DETAILS])
        if len(self._strangers) > MAX_STRANGERS:
            self._strangers.popitem(last=False)
            self._counters.add("strangers_forgotten")

    async def write_strangers(self) -> None:
        """Hand the strangers since the last call to the table; they are kept if that fails."""
        if not self._strangers or self._write_strangers is None:
            return
        waiting, self._strangers = self._strangers, OrderedDict()
        strangers = [
            Stranger(*key, knock.peer, knock.attempts, knock.details, knock.first_us, knock.last_us)
            for key, knock in waiting.items()
        ]
        try:
            await self._write_strangers(strangers)
        except Exception:
            for key, knock in self._strangers.items():
                earlier = waiting.get(key)
                if earlier is not None:
                    knock.first_us = earlier.first_us
                    knock.attempts += earlier.attempts
            kept = waiting | self._strangers
            self._strangers = OrderedDict(list(kept.items())[-MAX_STRANGERS:])
            raise
