"""Nonces that were seen. Per process: across processes the message ids are what makes a repeated request harmless."""

from __future__ import annotations

from collections import OrderedDict

from switchboard.ports import Clock

KEEP_S = 600
LIMIT = 100_000


class Replays:
    """Remembers for ten minutes what each nonce was used for."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def fresh(self, nonce: str, purpose: str) -> bool:
        """False if the nonce was used for another purpose; the same purpose again is a platform's retry."""
        now = self._clock().timestamp()
        while self._seen:
            first = next(iter(self._seen.values()))
            if len(self._seen) < LIMIT and now - first[0] < KEEP_S:
                break
            self._seen.popitem(last=False)
        return self._seen.setdefault(nonce, (now, purpose))[1] == purpose
