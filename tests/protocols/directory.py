"""A register of terminals in memory, for sessions under test."""

from __future__ import annotations

from typing import Any

from protocols.contract import KnownDevice


class Register:
    """Knows the identities given; the code of a terminal is `code-` and its identity, its token as
    `tokens` says."""

    def __init__(self, *identities: str, open: bool = False) -> None:
        self.open = open
        self.files_server: tuple[str, int] | None = None
        self.refuses: dict[str, str] = {}  # plate -> why a registration with it is refused
        self.tokens: dict[str, str] = {}
        self._known = {identity: KnownDevice(i + 1, 7) for i, identity in enumerate(identities)}

    def find(self, identity: str) -> KnownDevice | None:
        if self.open and identity not in self._known:
            self._known[identity] = KnownDevice(len(self._known) + 1, 7)
        return self._known.get(identity)

    def check_token(self, identity: str, token: str | None) -> bool:
        return token == self.tokens.get(identity, token)

    def encryption_key(self, identity: str) -> str:
        return f"key of {identity}"

    def issue_code(self, identity: str) -> str:
        return f"code-{identity}"

    def check_code(self, identity: str, code: str) -> bool:
        return self.open or code == self.issue_code(identity)

    def enrol(self, identity: str, details: dict[str, Any]) -> str:
        if self.find(identity) is None:
            return "no_terminal"
        return self.refuses.get(str(details.get("plate")), "")
