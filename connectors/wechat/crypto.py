"""Signatures and encryption of the platform's callbacks (developers.weixin.qq.com, message encryption)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from switchboard.errors import BadInput

BLOCK = 32
"""PKCS#7 pads to 32 bytes here, not to AES' 16."""


def signature(token: str, *values: str) -> str:
    """sha1 over the sorted, joined values, also where they hold half a character."""
    return hashlib.sha1("".join(sorted([token, *values])).encode("utf-8", "surrogatepass")).hexdigest()


def check(given: str, token: str, *values: str) -> None:
    """Raises BadInput (403) unless `given` is the signature."""
    if not hmac.compare_digest(signature(token, *values).encode(), given.encode("utf-8", "surrogatepass")):
        raise BadInput("the signature does not match", 403)


def decrypt(encrypted: str, aes_keys: tuple[str, ...], app_id: str) -> bytes:
    """The message inside Encrypt, by the first key that fits. Raises BadInput for a damaged one or another app's."""
    try:
        data = base64.b64decode(encrypted, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput("Encrypt is not base64") from error
    if not data or len(data) % 16:
        raise BadInput("Encrypt is not whole blocks")
    for key in aes_keys:
        message = _open(data, base64.b64decode(key + "="), app_id.encode())
        if message is not None:
            return message
    raise BadInput("Encrypt cannot be opened with our keys", 403)


def encrypt(message: bytes, aes_key: str, app_id: str, random16: bytes | None = None) -> str:
    """The Encrypt text for a message."""
    plain = (random16 or secrets.token_bytes(16)) + len(message).to_bytes(4, "big") + message + app_id.encode()
    padding = BLOCK - len(plain) % BLOCK
    key = base64.b64decode(aes_key + "=")
    sealer = Cipher(AES(key), CBC(key[:16])).encryptor()
    return base64.b64encode(sealer.update(plain + bytes([padding]) * padding) + sealer.finalize()).decode()


def _open(data: bytes, key: bytes, app_id: bytes) -> bytes | None:
    opener = Cipher(AES(key), CBC(key[:16])).decryptor()
    plain = opener.update(data) + opener.finalize()
    padding = plain[-1]
    if not 1 <= padding <= BLOCK or plain[-padding:] != bytes([padding]) * padding:
        return None
    plain = plain[:-padding]
    length = int.from_bytes(plain[16:20], "big")
    message, tail = plain[20 : 20 + length], plain[20 + length :]
    # The account's id closes the message: another account's callback must not pass.
    return message if len(message) == length and hmac.compare_digest(tail, app_id) else None
