"""Which protocol a stream speaks, by its first bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from protocols.contract import Bad, Directory, Session, TerminalProtocol
from protocols.transports import OverMqtt

NAMED = ("nmea",)  # protocols without names of their own
ANYBODY = "*"
MAX_HEAD_BYTES = 64  # enough for every protocol to recognise its own


def recognise(protocols: Sequence[TerminalProtocol], head: bytes) -> TerminalProtocol | Bad | None:
    """The protocol of a stream that starts so; None: more bytes are needed.

    A door with one protocol takes everything for it, garbage at the start included.
    """
    if len(protocols) == 1:
        return protocols[0]
    undecided = False
    for protocol in protocols:
        answer = protocol.recognises(head)
        if answer:
            return protocol
        undecided |= answer is None
    if undecided and len(head) < MAX_HEAD_BYTES:
        return None
    return Bad(head, "unrecognised", "no protocol starts like this")


def session_of(
    protocol: TerminalProtocol, directory: Directory, peer: str, named: Mapping[str, str]
) -> Session:
    """The session of a connection from `peer` (address:port).

    `named`: addresses, or addresses with a port, whose terminals say nowhere who they are (ANYBODY:
    whoever comes) -> identity; for protocols that take one from outside.
    """
    identity = named.get(peer) or named.get(peer.rpartition(":")[0]) or named.get(ANYBODY)
    if identity is not None and protocol.name in NAMED and isinstance(protocol, OverMqtt):
        return protocol.session_for(directory, identity)
    return protocol.session(directory)
