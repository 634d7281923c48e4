"""Signed messages between us and a payment gateway: HMAC-SHA256 over the timestamp and the body."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from crm.errors import Refused

TIMESTAMP, SIGNATURE = "x-paygate-timestamp", "x-paygate-signature"
TOLERANCE_S = 300


def signed_headers(key: bytes, body: bytes, now: datetime) -> dict[str, str]:
    """The two headers that prove who wrote `body`, and when."""
    timestamp = str(int(now.timestamp()))
    return {TIMESTAMP: timestamp, SIGNATURE: _mac(key, timestamp, body)}


def check_signature(key: bytes, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """`headers` with lower-case names. Refused("signature") when it is wrong, missing, or more than ±300 s away."""
    timestamp, given = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
    fresh = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12
    if not fresh or abs(int(timestamp) - now.timestamp()) > TOLERANCE_S:
        raise Refused("signature")
    if not hmac.compare_digest(_mac(key, timestamp, body).encode(), given.encode("utf-8", "replace")):
        raise Refused("signature")


def _mac(key: bytes, timestamp: str, body: bytes) -> str:
    return hmac.new(key, timestamp.encode() + b"\n" + body, hashlib.sha256).hexdigest()
