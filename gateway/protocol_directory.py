"""The register as the sessions of one protocol see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from protocols.contract import KnownDevice

if TYPE_CHECKING:
    from gateway.directory import Directory


class ProtocolDirectory:
    """Implements `protocols.contract.Directory` for one protocol."""

    __slots__ = ("_directory", "_protocol", "files_server", "open")

    def __init__(self, directory: Directory, protocol: str) -> None:
        self._directory = directory
        self._protocol = protocol
        self.open = directory.open
        self.files_server = directory.files_server

    def find(self, identity: str) -> KnownDevice | None:
        """A known device; None when nobody registered it."""
        return self._directory.find(self._protocol, identity)

    def issue_code(self, identity: str) -> str:
        """The authentication code handed out at registration."""
        return self._directory.code(self._protocol, identity)

    def enrol(self, identity: str, details: dict[str, Any]) -> str:
        """Whether a registration agrees with the register."""
        return self._directory.enrol(self._protocol, identity, details)

    def check_code(self, identity: str, code: str) -> bool:
        """Whether a terminal may log in with this code."""
        return self._directory.check(self._protocol, identity, code)

    def check_token(self, identity: str, token: str | None) -> bool:
        """Whether who shows this token may speak for a terminal."""
        return self._directory.check_token(self._protocol, identity, token)

    def encryption_key(self, identity: str) -> str:
        """The key of a terminal that encrypts its payloads."""
        return self._directory.encryption_key(self._protocol, identity)
