"""Whether a secret stands in what was stored."""

from __future__ import annotations

import re


def stands_in(secret: str, stored: bytes) -> bool:
    """Whether it does by itself: six digits stand by chance in some id or fraction of a second or other."""
    return bool(re.search(rb"(?<![0-9a-fA-F.])" + re.escape(secret.encode()) + rb"(?![0-9a-fA-F])", stored))
