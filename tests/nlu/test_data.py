"""The training examples are clean: nobody's test lines, no contradictions, enough of each kind."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from bot.nlu.normal import normalise
from tests.nlu.examples import Example, examples, han
from tests.nlu.labels import EVAL, dev_lines, label_map

RESERVED = {"back", "restart", "session_start", "nlu_fallback"}
LEAST_CHINESE, LEAST_ENGLISH = 40, 12
LEAST_OF_A_TOPIC = 15
DEV = EVAL / "requests_dev.tsv"
needs_dev = pytest.mark.skipif(not DEV.is_file(), reason="the evaluation lines are not beside the project")


@pytest.fixture(scope="module")
def lines() -> list[Example]:
    return list(examples())


def test_no_text_stands_under_two_readings(lines):
    readings = defaultdict(set)
    for line in lines:
        readings[normalise(line.text).text].add(line.reading)
    assert [] == [(text, sorted(found)) for text, found in readings.items() if len(found) > 1]


def test_no_text_stands_twice(lines):
    counts = Counter(line.text for line in lines)
    assert [] == [text for text, count in counts.items() if count > 1]


def test_no_intent_has_a_name_that_rasa_reserves(lines):
    names = {line.intent for line in lines}
    assert set() == names & RESERVED
    assert [] == [name for name in names if name.startswith("event_")]


def test_every_intent_has_enough_chinese_and_english_examples(lines):
    chinese = Counter(line.intent for line in lines if han(line.text))
    english = Counter(line.intent for line in lines if line.text.isascii())
    intents = {line.intent for line in lines}
    assert [] == sorted(name for name in intents if chinese[name] < LEAST_CHINESE)
    assert [] == sorted(name for name in intents if english[name] < LEAST_ENGLISH)


def test_every_topic_has_enough_examples(lines):
    counts = Counter(line.reading for line in lines)
    assert [] == sorted(name for name, count in counts.items() if count < LEAST_OF_A_TOPIC)


def test_every_reading_has_its_label(lines):
    assert set() == {line.reading for line in lines} - set(label_map()) - {"several_questions"}


@needs_dev
def test_no_line_that_measures_us_is_a_line_that_we_learn(lines):
    learned = {normalise(line.text).text for line in lines}
    assert [] == [line.text for line in dev_lines() if normalise(line.text).text in learned]


@needs_dev
def test_no_example_is_nearly_a_line_that_measures_us(lines):
    measured = [(line.text, _four_grams(line.text)) for line in dev_lines() if len(han(line.text)) >= 8]
    near = [
        (line.text, text)
        for line in lines
        if (own := _four_grams(line.text))
        for text, grams in measured
        if len(own & grams) >= 0.7 * len(own | grams)
    ]
    assert [] == near


def _four_grams(text: str) -> set[str]:
    chinese = han(text)
    return {chinese[start : start + 4] for start in range(len(chinese) - 3)}
