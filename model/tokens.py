"""Tokens of terminals: shown once, stored as Mosquitto's password hash, so that a broker takes the
same ones.

A token is 100 random bits in letters that are hard to confuse, for people who type it into a
phone: guessing is hopeless without any stretching, so the hash has Mosquitto's fewest rounds.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, GROUP_CHARACTERS = 4, 5
ROUNDS = 101
SALT_BYTES = 12
MAX_TOKEN_CHARACTERS = 128
KEY_CHARACTERS = 32


def new_token() -> str:
    """A token to be shown once: four groups of five."""
    groups = (
        "".join(secrets.choice(ALPHABET) for _ in range(GROUP_CHARACTERS)) for _ in range(GROUPS)
    )
    return "-".join(groups)


def token_hash(token: str) -> str:
    """PBKDF2-SHA512 as mosquitto_passwd writes it: `$7$rounds$salt$hash`."""
    salt = secrets.token_bytes(SALT_BYTES)
    parts = (base64.b64encode(part).decode() for part in (salt, _derived(token, salt, ROUNDS)))
    return f"$7${ROUNDS}$" + "$".join(parts)


def check_token(token: str, stored: str) -> bool:
    """Whether this token was stored; in constant time for every token of the same length."""
    _, _, rounds, salt, expected = stored.split("$")
    if len(token) > MAX_TOKEN_CHARACTERS:
        return False
    derived = _derived(token, base64.b64decode(salt), int(rounds))
    return hmac.compare_digest(derived, base64.b64decode(expected))


def encryption_key(secret: bytes, protocol: str, identity: str) -> str:
    """A terminal's key for encrypted payloads, made of the server's secret and stored nowhere."""
    text = f"encryption\0{protocol}\0{identity}".encode()
    return hmac.new(secret, text, hashlib.sha256).hexdigest()[:KEY_CHARACTERS]


def _derived(token: str, salt: bytes, rounds: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha512", token.encode(errors="replace"), salt, rounds)
