"""The simulation against what queueing theory says, and what it loses: nothing."""

from __future__ import annotations

import json
import statistics
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from bench import simulate
from bench.simulate import TIMES, WAY, Times

KINDS = sorted(set(WAY))
PLAIN = replace(Times.read(TIMES), cpu_ms=dict.fromkeys(KINDS, 4.0), hop_ms=0.0, write_ms=0.0)
THREE = dict.fromkeys(KINDS, 3)


def mean_s(times: Times, processes: dict[str, int], per_s: float, messages: int = 12_000) -> float:
    return statistics.fmean(simulate.simulate(times, processes, per_s, messages).took_s)


@pytest.mark.parametrize("per_s", [50.0, 300.0, 525.0])
def test_the_mean_time_is_that_of_a_network_of_queues(per_s: float) -> None:
    # Jackson: a visit at a queue that is visited at rate r and serves at rate s takes 1 / (s - r).
    expected = 0.0
    for name in KINDS:
        visits = WAY.count(name)
        serves = visits / (PLAIN.cpu_ms[name] / 1000)
        expected += visits / (serves - per_s * visits / THREE[name])
    assert mean_s(PLAIN, THREE, per_s) == pytest.approx(expected, rel=0.1)


def test_alone_a_message_takes_the_sum_of_its_steps() -> None:
    times = replace(PLAIN, variation=0.0, hop_ms=1.0, write_ms=2.0)
    steps_ms = 4.0 * len(KINDS) + 1.0 * len(WAY) + 2.0 * WAY.count("redis")
    assert mean_s(times, THREE, 0.01, 200) == pytest.approx(steps_ms / 1000)


def test_every_message_that_arrives_is_answered_even_when_more_come_than_can_be_served() -> None:
    walk = simulate.simulate(PLAIN, THREE, 2000.0, 5000)
    assert (5000, 5000 * (1 - simulate.WARM)) == (walk.arrived, len(walk.took_s))
    assert min(walk.took_s) > 0


def test_the_same_seed_tells_the_same() -> None:
    first, again = (simulate.simulate(PLAIN, THREE, 300.0, 500).took_s for _ in range(2))
    assert first == again


def test_a_day_has_as_many_messages_as_its_average_hour_says() -> None:
    times = Times.read(TIMES)
    assert sum(times.hours_per_s(1000)) * 3600 == pytest.approx(24_000 * times.bill_day)


@pytest.mark.parametrize("messages", [1e3, 1e5])
def test_so_many_processes_as_are_named_keep_the_wait_below_what_is_asked(messages: float) -> None:
    times = Times.read(TIMES)
    processes = simulate.sized(times, messages)
    walk = simulate.simulate(times, processes, times.peak_per_s(messages), 3000)
    assert simulate.quantile(walk.took_s, 0.95) < simulate.ASKED_S
    assert simulate.first_full(times, processes, messages)[1] >= 1


def test_a_database_that_is_too_slow_falls_behind_and_catches_up_when_it_can() -> None:
    day = [0.0] * 10 + [2.0] + [0.0] * 13
    times = replace(PLAIN, day=day, bill_day=1.0, log_entries=1.0, log_writer_per_s=1.0, log_database_per_s=1.0)
    assert (3600.0, 1) == simulate.backlog(times, 3600.0)


def test_as_many_writers_as_are_needed_keep_up_where_the_database_does() -> None:
    times = replace(PLAIN, day=[2.0] * 24, bill_day=1.0, log_entries=1.0, log_writer_per_s=1.5, log_database_per_s=2.0)
    assert simulate.writers(times, 3600.0) == 2
    assert (0.0, 0) == simulate.backlog(times, 3600.0)


def test_refreshing_takes_what_was_measured_and_keeps_the_rest(tmp_path: Path) -> None:
    file, turns = tmp_path / "times.yml", tmp_path / "turns.json"
    file.write_text(TIMES.read_text())
    cpu, memory = {"rasa-a": 1.0, "rasa-b": 0.5, "gateway": 2.0}, {"rasa-a": 300.4, "rasa-b": 299.0, "gateway": 70.0}
    ours = {"name": "Renji", "crowds": {"32": {"cpu": cpu}}, "memory": memory}
    turns.write_text(json.dumps([{"name": "stock"}, ours]))
    simulate.refresh(file, turns)
    measured = yaml.safe_load(file.read_text())["measured"]
    assert {"gateway": 2.0, "rasa": 1.5} == measured["cpu_ms"]
    assert {"gateway": 70, "rasa": 300} == measured["memory_mb"]
    assert yaml.safe_load(TIMES.read_text())["assumed"] == yaml.safe_load(file.read_text())["assumed"]
