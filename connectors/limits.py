"""How often one caller may do something: a token bucket per key, in the process."""

from __future__ import annotations

from collections.abc import Callable


class Limiter:
    """At most `burst` at once and `per_s` on average, for each key. `now` is monotonic seconds."""

    def __init__(self, burst: int, per_s: float, now: Callable[[], float], keys: int = 50_000) -> None:
        self._burst = burst
        self._per_s = per_s
        self._now = now
        self._keys = keys
        self._buckets: dict[str, tuple[float, float]] = {}

    def allow(self, key: str) -> bool:
        """Take one token; False if there is none."""
        now = self._now()
        left, since = self._buckets.get(key, (float(self._burst), now))
        left = min(self._burst, left + (now - since) * self._per_s)
        if left < 1:
            return False
        if len(self._buckets) >= self._keys:
            self._forget(now)
        self._buckets[key] = (left - 1, now)
        return True

    def _forget(self, now: float) -> None:
        """Drop full buckets, which are as good as none; under an attack with more keys than that, all of them."""
        full_after = self._burst / self._per_s
        self._buckets = {key: bucket for key, bucket in self._buckets.items() if now - bucket[1] < full_after}
        if len(self._buckets) >= self._keys:
            self._buckets.clear()
