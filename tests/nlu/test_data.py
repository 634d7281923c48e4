"""The training examples are clean: nobody's test lines, no contradictions, enough of each kind, no padding."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

import pytest
from ruamel.yaml import YAML

from bot.nlu.normal import normalise
from bot.nlu.sounds import syllables
from tests.nlu.examples import ROOT, Example, examples, four_grams, han, skeleton
from tests.nlu.labels import EVAL, dev_lines, label_map, transactions

RESERVED = {"back", "restart", "session_start", "nlu_fallback"}
LEAST_CHINESE, LEAST_ENGLISH = 60, 25
LEAST_OF_A_TOPIC = 20
FRAGMENTS = "out_of_scope"
MOST_PER_SMALLEST = 8
"""So many times as large as the smallest intent may the largest be; fragments are a quarter of all that comes."""
PINYIN = re.compile(r"\b(?:cha|wo|hua ?fei|liu ?liang|tao ?can|ban|hai|duo ?shao|zen ?me|shen ?me)\b")
ANNOTATION = re.compile(r"\[[^\]]*\]\s*[({]")
DEV = EVAL / "requests_dev.tsv"
needs_dev = pytest.mark.skipif(not DEV.is_file(), reason="the evaluation lines are not beside the project")


@pytest.fixture(scope="module")
def lines() -> list[Example]:
    return list(examples())


def conflicts(lines: Iterable[Example], key: Callable[[str], str]) -> list[list[str]]:
    """Readings and texts of the lines that are one by `key` and stand under several readings."""
    found = defaultdict(set)
    for line in lines:
        found[key(line.text)].add((line.reading, line.text))
    return [sorted(map(": ".join, same)) for name, same in found.items() if name and len({r for r, _ in same}) > 1]


def test_no_text_stands_under_two_readings(lines):
    assert [] == conflicts(lines, lambda text: normalise(text).text)


def test_no_sentence_sounds_like_one_of_another_reading(lines):
    """From four syllables on: of shorter words, homophones mean what context says."""
    assert [] == conflicts(lines, lambda text: " ".join(syllables(normalise(text).text)) if len(han(text)) >= 4 else "")


def test_no_sentence_is_almost_one_of_another_reading(lines):
    long = [(line, grams) for line in lines if len(grams := four_grams(line.text)) >= 6]
    having = defaultdict(list)
    for number, (_, grams) in enumerate(long):
        for gram in grams:
            having[gram].append(number)
    near = set()
    for number, (line, grams) in enumerate(long):
        shared = Counter(other for gram in grams for other in having[gram] if other < number)
        near |= {
            (line.text, long[other][0].text)
            for other, count in shared.items()
            if long[other][0].intent != line.intent and count >= 0.85 * len(grams | long[other][1])
        }
    assert set() == near


def test_no_text_stands_twice(lines):
    counts = Counter(line.text for line in lines)
    assert [] == [text for text, count in counts.items() if count > 1]


def test_every_intent_of_the_domain_is_taught_and_no_other(lines):
    intents = set(YAML(typ="safe").load(ROOT / "domain.yml")["intents"])
    said = {name for name in intents if not name.startswith("event_") and name != "nlu_fallback"}
    assert said == {line.intent for line in lines}


def test_no_intent_has_a_name_that_rasa_reserves(lines):
    names = {line.intent for line in lines}
    assert set() == names & RESERVED
    assert [] == [name for name in names if name.startswith("event_")]


def test_every_intent_has_enough_different_chinese_and_english_examples(lines):
    chinese, english = defaultdict(set), defaultdict(set)
    for line in lines:
        if han(line.text):
            chinese[line.intent].add(skeleton(line.text))
        elif line.is_english:
            english[line.intent].add(skeleton(line.text))
    intents = {line.intent for line in lines}
    assert [] == sorted((name, len(chinese[name])) for name in intents if len(chinese[name]) < LEAST_CHINESE)
    assert [] == sorted((name, len(english[name])) for name in intents if len(english[name]) < LEAST_ENGLISH)


def test_no_intent_outweighs_another(lines):
    """A topic is a class of its own when learning, so its lines do not count toward its intent."""
    counts = Counter(line.intent for line in lines if line.intent != FRAGMENTS and not line.topic)
    (largest, most), (smallest, least) = counts.most_common()[0], counts.most_common()[-1]
    assert most <= MOST_PER_SMALLEST * least, (largest, most, smallest, least)


def test_every_topic_has_enough_examples(lines):
    counts = Counter(line.reading for line in lines if line.topic)
    assert [] == sorted(name for name, count in counts.items() if count < LEAST_OF_A_TOPIC)


def test_chinese_is_also_written_in_traditional_characters_and_pinyin(lines):
    texts = [line.text for line in lines]
    assert 50 <= sum(normalise(text).text != text.lower() and bool(han(text)) for text in texts)
    assert 100 <= sum(bool(PINYIN.search(text)) for text in texts)


def test_no_example_carries_an_annotation(lines):
    """Values are found by rule; a bracket would be learned as a word, or mark what no token covers."""
    assert [] == [line.text for line in lines if ANNOTATION.search(line.text)]


def test_every_intent_has_its_label_and_every_transaction_is_an_intent(lines):
    intents = {line.intent for line in lines}
    assert set() == intents - set(label_map()) - {"several_questions"}
    assert set() == transactions() - intents


@needs_dev
def test_no_line_that_measures_us_is_a_line_that_we_learn(lines):
    learned = {normalise(line.text).text for line in lines}
    assert [] == [line.text for line in dev_lines() if normalise(line.text).text in learned]


@needs_dev
def test_no_example_is_nearly_a_line_that_measures_us(lines):
    measured = [(line.text, four_grams(line.text)) for line in dev_lines() if len(han(line.text)) >= 8]
    having = defaultdict(set)
    for number, (_, grams) in enumerate(measured):
        for gram in grams:
            having[gram].add(number)
    near = [
        (line.text, measured[number][0])
        for line in lines
        for number in set().union(*(having.get(gram, set()) for gram in four_grams(line.text)))
        if len((own := four_grams(line.text)) & measured[number][1]) >= 0.7 * len(own | measured[number][1])
    ]
    assert [] == near
