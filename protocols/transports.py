"""What a protocol adds to `protocols.contract.TerminalProtocol` when HTTP or MQTT carries it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol as Interface
from typing import runtime_checkable

from protocols.contract import Directory, Session


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request, whole. `headers` by lower-case name; `username` and `secret` of a log-in
    (Basic), or `secret` alone of a bearer token."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    username: str | None = None
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Addressed:
    """Who sent a request, the secret shown (None: none), and the payload for its session."""

    identity: str
    secret: str | None
    payload: bytes


@runtime_checkable
class OverHttp(Interface):
    """A TerminalProtocol whose terminals post requests; the answer waits for the commit.

    `paths`: those it answers for, and all below them (`/` is that path alone). `refused_status`:
    of a payload that is quarantined and that the session does not answer for: 200 where a sender
    would repeat for ever what cannot become better. `carries_commands`: answers may hold commands.
    """

    paths: tuple[str, ...]
    refused_status: int
    carries_commands: bool

    def address(self, request: Request) -> Addressed:
        """Raises ProtocolError: "no_identity", or what is wrong with the request."""

    def session_for(self, directory: Directory, identity: str) -> Session: ...

    def answer(self, replies: Sequence[bytes], commands: Sequence[bytes]) -> tuple[str, bytes]:
        """Content type and body that say what the session replied; `commands` as it made them,
        none where the protocol carries none."""


@runtime_checkable
class OverMqtt(Interface):
    """A TerminalProtocol whose payloads come by MQTT; the topic names the identity."""

    topics: tuple[str, ...]

    def identity_of(self, topic: str) -> str:
        """Of a topic that one of `topics` matches."""

    def reply_topic(self, identity: str, leaf: str) -> str | None:
        """Where an acknowledgement ("ack") or a command ("down") goes; None: nowhere."""

    def session_for(self, directory: Directory, identity: str) -> Session: ...
