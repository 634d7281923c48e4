"""Keys of the reference CRM, each derived from the installation's one secret for one purpose."""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path

LEAST_BYTES = 32


def default_secret_file() -> Path:
    """Where the installation's secret is, as the rest of the product is told."""
    return Path(os.environ.get("RENJI_SECRET_FILE", "var/secret"))


def read_secret(path: Path) -> bytes:
    """The installation's secret. SystemExit with one sentence when it is missing or short."""
    try:
        secret = path.read_bytes().strip()
    except OSError as error:
        raise SystemExit(f"{path}: {error.strerror}") from error
    if len(secret) < LEAST_BYTES:
        raise SystemExit(f"{path} holds fewer than {LEAST_BYTES} bytes")
    return secret


def derived(secret: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose."""
    return hmac.new(secret, purpose.encode(), hashlib.sha256).digest()


def crm_token(secret: bytes) -> str:
    """What the CRM asks its callers for, unless RENJI_CRM_SECRET gives both sides another."""
    return os.environ.get("RENJI_CRM_SECRET", "") or derived(secret, "crm").hex()


def card_key(secret: bytes) -> bytes:
    return derived(secret, "crm-cards")


def paygate_key(secret: bytes) -> bytes:
    """What the stand-in gateway signs with, unless RENJI_PAYGATE_SECRET gives both sides another."""
    return os.environ.get("RENJI_PAYGATE_SECRET", "").encode() or derived(secret, "paygate")
