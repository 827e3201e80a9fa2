"""Payloads encrypted with libsodium: XSalsa20-Poly1305 (secretbox), 24 bytes of nonce first."""

from __future__ import annotations

import base64
import json

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from protocols.contract import ProtocolError

KEY_BYTES = 32


def padded(key: str) -> bytes:
    """The app's key: up to 32 bytes, filled with zeros."""
    return key.encode().ljust(KEY_BYTES, b"\0")[:KEY_BYTES]


def unseal(data: bytes, key: str) -> bytes:
    """The message within. Raises ProtocolError("cannot_decrypt")."""
    try:
        return bytes(SecretBox(padded(key)).decrypt(data))
    except (CryptoError, ValueError) as error:
        detail = "the encryption key of the app is not the one issued for it, or it was damaged"
        raise ProtocolError("cannot_decrypt", detail) from error


def seal(message: bytes, key: str, nonce: bytes | None = None) -> bytes:
    """As an app sends it. `nonce`: 24 bytes, random when none is given."""
    sealed = SecretBox(padded(key)).encrypt(message, nonce)
    return json.dumps({"_type": "encrypted", "data": base64.b64encode(sealed).decode()}).encode()
