"""The arithmetic of the benchmarks: quantiles, forged conversations, what is left of the product's data, ratios."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

from bench.measure.figures import Figures, Phase
from bench.measure.people import Talk, Turn, quantile
from bench.measure.processes import spent_ms
from bench.measure.table import compared
from bench.measure.timewarp import longer, shifted
from bench.stock.project import converted

START = [{"event": "session_started", "timestamp": 1.0}, {"event": "action", "name": "action_listen", "timestamp": 2.0}]
TALK = [
    *START,
    {"event": "user", "text": "a", "timestamp": 10.0},
    {"event": "bot", "text": "A", "timestamp": 11.0},
    {"event": "user", "text": "b", "timestamp": 20.0},
    {"event": "slot", "name": "x"},
]


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100)])
def test_a_quantile_is_the_smallest_value_that_so_many_do_not_exceed(share: float, expected: int) -> None:
    assert quantile(list(range(100, 0, -1)), share) == expected


def test_a_quantile_of_one_value_is_that_value() -> None:
    assert quantile([7.0], 0.01) == quantile([7.0], 0.99) == 7.0


def test_a_quantile_of_nothing_is_no_number() -> None:
    assert math.isnan(quantile([], 0.5))


def test_a_talk_counts_what_nobody_answered() -> None:
    talk = Talk([Turn("rule", 0.1, 1), Turn("crm", 0.3, 0)], seconds=2.0)
    assert (talk.unanswered, talk.per_s, talk.ms(0.99)) == (1, 1.0, 300.0)


def test_cpu_is_told_by_message() -> None:
    assert spent_ms({"a": 1.0}, {"a": 1.5}, 100) == {"a": 5.0}


def test_events_move_in_time_and_those_without_one_stay() -> None:
    assert [e.get("timestamp") for e in shifted(TALK, timedelta(seconds=-1))] == [0.0, 1.0, 9.0, 10.0, 19.0, None]


def test_a_longer_conversation_repeats_its_turns_and_ends_as_it_did() -> None:
    made = longer(TALK, 5)
    assert [e["text"] for e in made if e["event"] == "user"] == ["b", "a", "b", "a", "b"]
    assert [e["event"] for e in made[:3]] == ["session_started", "action", "user"]
    assert made[-2:] == TALK[-2:]


def test_a_longer_conversation_may_begin_a_session_every_few_turns() -> None:
    assert [e["event"] for e in longer(TALK, 5, session=2)].count("session_started") == 3


def test_repeated_turns_differ_in_their_time() -> None:
    moments = [(e["text"], e["timestamp"]) for e in longer(TALK, 8) if e["event"] == "user"]
    assert len(set(moments)) == 8


def test_rules_keep_their_shape_and_get_actions_that_stock_rasa_has() -> None:
    rules = [
        {"rule": "greet", "steps": [{"intent": "greet"}, {"action": "action_greet"}]},
        {"rule": "balance", "steps": [{"intent": "query_balance"}, {"action": "action_query_balance"}]},
    ]
    found = converted(rules, {"action_query_balance"})
    assert [rule["steps"][1]["action"] for rule in found] == ["utter_greet", "action_query_balance"]


def test_what_only_the_product_has_is_left_out() -> None:
    rules = [
        {"rule": "form over", "condition": [{"active_loop": "f"}], "steps": [{"action": "f"}]},
        {"rule": "timer", "steps": [{"intent": "event_timer"}, {"action": "action_event_timer"}]},
        {"rule": "packs", "steps": [{"intent": "order_data_pack"}, {"action": "action_order_data_pack"}]},
    ]
    assert converted(rules, set()) == []


def test_a_ratio_is_ours_to_theirs() -> None:
    stock = Figures("stock", crowds={"32": Phase(10, 20.0, 1.0, 1600.0, 1.0, {"rasa": 48.0}, 1.0, 0)})
    ours = Figures("Renji", crowds={"32": Phase(10, 120.0, 1.0, 200.0, 1.0, {"worker": 2.0, "rasa": 4.0}, 1.0, 0)})
    rows = {line[:44].strip(): line[44:].split() for line in compared(stock, ours, {}).splitlines()[1:]}
    assert rows["messages a second, 32 people"] == ["20.0", "120.0", "6.000", "≥6"]
    assert rows["CPU ms a message, 32 people"] == ["48.0", "6.00", "0.125", "≤0.167"]
    assert rows["p95 ms, 32 people"] == ["1600", "200.0", "0.125", "≤0.167"]
