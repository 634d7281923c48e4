"""What a worker counts and what a gateway sees of the exchange, each in a Prometheus registry that its root serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from switchboard.incidents import Alike
from switchboard.readiness import Part
from switchboard.redis.queues import Queues
from switchboard.switches import Switch


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.entry_seconds = Histogram(
            "renji_entry_seconds", "From the start of an entry's work to its commit", registry=self.registry
        )
        self.commits = Counter("renji_commits", "Commits by what became of them", ["answer"], registry=self.registry)
        self.quarantined = Counter("renji_quarantined", "Entries that nobody could answer", registry=self.registry)
        self.sent = Counter(
            "renji_sent", "Messages by channel and what became of them", ["channel", "outcome"], registry=self.registry
        )
        self.partitions = Gauge("renji_partitions", "Partitions that this worker holds", registry=self.registry)


class ExchangeMetrics:
    """The state of the exchange. Every gateway tells the same, so alerts take the maximum."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(name, text, labels, registry=self.registry)

        self._waiting = gauge("renji_waiting_entries", "Entries that wait: in, out:<route>, log, human", "stream")
        self._oldest = gauge("renji_oldest_waiting_seconds", "Age of the oldest of them, 0 for none", "stream")
        self._fullest = gauge("renji_fullest_partition_entries", "Waiting messages of the fullest partition")
        self._cap = gauge("renji_partition_cap_entries", "Waiting messages at which a partition refuses new ones")
        self._late = gauge("renji_timer_late_seconds", "How long ago the first timer was due, 0 for none")
        self._quarantine = gauge("renji_quarantine_entries", "Entries in quarantine")
        self._unheld = gauge("renji_partitions_unheld", "Partitions that no worker holds")
        self._ready = gauge("renji_ready", "1 where a part is ready: redis, aof, worker, rasa", "part")
        self._off = gauge("renji_switched_off", "1 for what is switched off by hand", "kind", "name")
        self._incidents = gauge("renji_incidents_open", "Known outages that are told")
        self._alike = gauge(
            "renji_alike_reports", "People of one place with one fault and no known outage", "region", "city", "service"
        )
        self._stalls = gauge("renji_stalls", "Slots and action servers that ended themselves: their loop stood still")
        self._memory = gauge("renji_redis_memory_share", "Used part of the memory that Redis may have, 0: no limit")
        self._write = gauge("renji_redis_write_seconds", "How long the latest probe of a write took")

    def ready(self, parts: Mapping[str, Part]) -> None:
        for name, part in parts.items():
            self._ready.labels(name).set(part.ok)
        if parts["redis"].ok:
            self._write.set(parts["redis"].took_s)

    def switched_off(self, found: Sequence[Switch]) -> None:
        self._off.clear()
        for one in found:
            self._off.labels(one.kind, one.name).set(1)

    def memory(self, share: float) -> None:
        self._memory.set(share)

    def stalls(self, count: int) -> None:
        self._stalls.set(count)

    def incidents(self, known: int, alike: Sequence[Alike]) -> None:
        self._incidents.set(known)
        self._alike.clear()
        for one in alike:
            self._alike.labels(one.region, one.city, one.service).set(one.count)

    def queues(self, found: Queues, now_ms: int, cap: int) -> None:
        """`cap` is a partition's."""
        named = {"in": found.inbound, "log": found.log, "human": found.human}
        for name, waiting in (named | {f"out:{route}": one for route, one in found.out.items()}).items():
            self._waiting.labels(name).set(waiting.count)
            self._oldest.labels(name).set(waiting.age_s(now_ms))
        self._fullest.set(found.fullest)
        self._cap.set(cap)
        self._late.set(found.timers.age_s(now_ms))
        self._quarantine.set(found.quarantine)
        self._unheld.set(found.unheld)
