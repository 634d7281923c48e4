"""Both directions of the provider's interface are signed with one secret: HMAC-SHA256 of timestamp, nonce and body."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.replay import Replays
from switchboard.errors import BadInput, BadSettings
from switchboard.ports import Clock
from switchboard.settings import Settings

WINDOW_S = 300
_NONCE = re.compile(r"[0-9A-Za-z_-]{8,64}")


@dataclass(frozen=True)
class Account:
    """Our account at the provider. `sender` is our own number, `signature` the 【…】 that each text starts with."""

    send_url: str
    secret: bytes
    sender: str
    signature: str


def credentials(settings: Settings) -> Account | None:
    """The account, the demo phone's where `settings.demo`, None where SMS is not set up."""
    url, secret = settings.sms_send_url, settings.sms_secret.encode()
    if settings.demo and not url and not secret:
        url, secret = f"http://{settings.host}:{settings.port}/demo/provider/sms", settings.key("sms")
    if not url and not secret:
        return None
    if not url or len(secret) < 16:
        raise BadSettings("SMS needs RENJI_SMS_SEND_URL and an RENJI_SMS_SECRET of at least 16 characters")
    return Account(url, secret, settings.sms_sender, settings.sms_signature)


def sign(secret: bytes, body: bytes, clock: Clock, nonce: str | None = None) -> dict[str, str]:
    """The three headers that prove a request."""
    timestamp, nonce = str(int(clock().timestamp())), nonce or secrets.token_hex(16)
    return {
        "X-Renji-Timestamp": timestamp,
        "X-Renji-Nonce": nonce,
        "X-Renji-Signature": _signature(secret, timestamp, nonce, body),
    }


class Verifier:
    """Checks signed requests. A nonce is good for one body: the same again is a retry, another body a forgery."""

    def __init__(self, secret: bytes, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock
        self._replays = Replays(clock)

    def check(self, headers: Mapping[str, str], body: bytes) -> None:
        """Raises BadInput (401)."""
        given = {name.lower(): value for name, value in headers.items()}
        timestamp, nonce = given.get("x-renji-timestamp", ""), given.get("x-renji-nonce", "")
        if not re.fullmatch(r"[0-9]{10}", timestamp) or not _NONCE.fullmatch(nonce):
            raise BadInput("X-Renji-Timestamp or X-Renji-Nonce is missing or malformed", 401)
        expected = _signature(self._secret, timestamp, nonce, body)
        # A raw byte of a header arrives as half a character.
        signature = given.get("x-renji-signature", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(expected.encode(), signature):
            raise BadInput("the signature does not match", 401)
        if abs(self._clock().timestamp() - int(timestamp)) > WINDOW_S:
            raise BadInput("the timestamp is more than 300 s off", 401)
        if not self._replays.fresh(nonce, expected):
            raise BadInput("the nonce was used for another request", 401)


def _signature(secret: bytes, timestamp: str, nonce: str, body: bytes) -> str:
    return hmac.new(secret, f"{timestamp}\n{nonce}\n".encode() + body, hashlib.sha256).hexdigest()
