"""Training data of others, as awkward as they come: what is learned from them is stored, loaded and answers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from tests.nlu.inprocess import Understanding, pipeline_of, train
from tests.unit.nlu.test_elsewhere import PIPELINE, lessons

LONG = "i was at the counter this morning and the person there told me that i had better write to you about it because "
ENGLISH = [
    ("my card did not arrive", "Card Arrival"),
    ("where is the card that you sent", "Card Arrival"),
    ("what is the rate for euros", "exchange-rate"),
    ("how many dollars do i get for a pound", "exchange-rate"),
]
CASES = {
    "two intents": ENGLISH,
    "one intent": ENGLISH[:2],
    "one example": ENGLISH[:1],
    "an intent with one example": [*ENGLISH, ("close my account", "CLOSE")],
    "one text with two labels": [*ENGLISH, ("my card did not arrive", "exchange-rate")],
    "long sentences": [(LONG * 3 + text, intent) for text, intent in ENGLISH],
    "only nothing wanted": [("who wrote that novel", "oos"), ("it rained", "oos")],
    "one line that wants nothing": [*ENGLISH, ("who wrote that novel", "oos")],
    "chinese of another trade": [
        ("我要订两张票", "订票"),
        ("订票", "订票"),
        ("退票怎么退", "退 票"),
        ("票不要了", "退 票"),
    ],
    "other letters": [("где моя карта", "карта"), ("карта не пришла", "карта"), ("какой курс евро", "курс")],
    "marks and digits": [("?", "help"), ("???", "help"), ("42", "number"), ("😀", "smile")],
    "nothing to be seen": [("\u200b", "a"), ("\u200b\u200b", "b")],
    "numbers apart": [("pay 10", "ten"), ("pay 20", "twenty"), ("pay 30", "thirty")],
}


def taught(folder, lines: list[tuple[str, str]], pipeline=PIPELINE) -> Understanding:
    folder.mkdir(parents=True, exist_ok=True)
    return train(TrainingData([Message.build(text, intent) for text, intent in lines]), folder, pipeline)


def check(parsed: dict, intents: set[str]) -> None:
    confidences = [entry["confidence"] for entry in parsed["intent_ranking"]]
    assert parsed["intent"]["name"] in intents | {"nlu_fallback"}
    assert parsed["intent"] == parsed["intent_ranking"][0]
    assert all(math.isfinite(one) and 0 <= one <= 1 for one in confidences), confidences


@pytest.mark.parametrize("pipeline", [PIPELINE, pipeline_of()], ids=["the defaults", "the options of our bot"])
@pytest.mark.parametrize("case", CASES)
def test_awkward_data_are_learned(tmp_path, case, pipeline):
    lines = CASES[case]
    understanding = taught(tmp_path, lines, pipeline)
    intents = {intent for _, intent in lines}
    for text in [*(text for text, _ in lines), "", "zzz", "完全不一样的话", "my card", LONG * 5]:
        check(understanding.parse(text), intents)


@pytest.mark.parametrize(
    "case", sorted(CASES.keys() - {"one text with two labels", "marks and digits", "nothing to be seen"})
)
def test_an_example_is_read_as_it_was_taught(tmp_path, case):
    understanding = taught(tmp_path, CASES[case])
    assert CASES[case] == [(text, understanding.parse(text)["intent"]["name"]) for text, _ in CASES[case]]


def test_a_text_with_two_labels_is_taught_as_neither(tmp_path):
    understanding = taught(tmp_path, CASES["one text with two labels"])
    assert understanding.message("my card did not arrive").get("taught") is None
    assert understanding.message("close to it: my card did not arrive").get("taught") is None
    assert understanding.message("where is the card that you sent").get("taught")


def test_five_examples_an_intent_are_enough_to_act_on(tmp_path):
    by_intent: dict[str, list[str]] = {}
    for text, intent in lessons():
        by_intent.setdefault(intent, []).append(text)
    lines = [(text, intent) for intent, texts in by_intent.items() for text in texts[::5]]
    held = [(text, intent) for intent, texts in by_intent.items() for text in texts[2::5]]
    understanding = taught(tmp_path, lines)
    right = [understanding.parse(text)["intent"]["name"] == intent for text, intent in held]
    assert sum(right) >= 0.8 * len(right)


def test_half_of_a_sharpness_counts_where_a_class_has_few_examples(tmp_path):
    options = {"bot.nlu.classifier.CalibratedClassifier": {"sharpness": 4.0}}
    sharp = [(name, {**given, **options.get(name, {})}) for name, given in PIPELINE]
    few = [(text, intent) for text, intent in lessons()[::8] if intent.startswith("book")]
    many = [(text, intent) for text, intent in lessons() if intent.startswith("book")]
    divided = {}
    for name, lines in (("few", few), ("many", many)):
        for folder, pipeline in (("plain", PIPELINE), ("sharp", sharp)):
            taught(tmp_path / name / folder, lines, pipeline)
        plain, sharper = (temperature(tmp_path / name / folder) for folder in ("plain", "sharp"))
        divided[name] = round(plain / sharper, 6)
    assert {"few": 2.0, "many": 4.0} == divided


def temperature(folder) -> float:
    [file] = folder.glob("**/model.npz")
    with np.load(file, allow_pickle=False) as stored:
        return float(stored["calibration"][0])
