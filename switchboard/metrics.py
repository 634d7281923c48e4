"""What a worker counts, in one Prometheus registry that its root serves."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


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
