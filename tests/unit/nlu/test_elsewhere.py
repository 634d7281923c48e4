"""The components with their defaults on intents that are not ours: English, small, with and without out-of-scope."""

from __future__ import annotations

import itertools

import pytest
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from tests.nlu.inprocess import Understanding, train

PIPELINE = [
    (f"bot.nlu.{name}", {})
    for name in (
        "noise.TrainingNoise",
        "normaliser.Normaliser",
        "wishes.WishParts",
        "tokenizer.SentencePieceTokenizer",
        "features.NgramFeaturizer",
        "classifier.CalibratedClassifier",
        "wishes.SeveralWishes",
    )
]
ASKED = (
    "please {} {}",
    "i want to {} {}",
    "can you {} {} for me",
    "how do i {} {}",
    "{} {} now",
    "could we {} {} today",
)
ACTS = {"book": "reserve", "cancel": "call off", "change": "modify", "show": "display"}
THINGS = {"a flight": "plane ticket", "a table": "dinner place", "an alarm": "wake-up call", "the light": "lamp",
          "my card": "credit card", "a taxi": "cab"}  # fmt: skip
ELSEWHERE = [
    "who wrote that old novel",
    "it rained all over the valley",
    "seven purple mountains",
    "grandfather laughs",
]
UNASKED = ["what is the weather in paris", "purple grandpa", "novel of the valley", "tell grandpa that it rained"]


def lessons() -> list[tuple[str, str]]:
    """24 intents, 24 sentences each."""
    return [
        (frame.format(verb, noun), f"{act} {thing}")
        for act, thing in itertools.product(ACTS, THINGS)
        for verb, noun in itertools.product((act, ACTS[act]), (thing, THINGS[thing]))
        for frame in ASKED
    ]


def taught(folder, extra: list[tuple[str, str]]) -> Understanding:
    messages = [Message.build(text, intent) for text, intent in lessons() + extra]
    return train(TrainingData(messages), folder, PIPELINE)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("nothing", [[], [(f"{text} {number}", "oos") for text in ELSEWHERE for number in "abcd"]])
def test_other_intents_are_learned_with_the_defaults(tmp_path, nothing):
    understanding = taught(tmp_path, nothing)
    said = [(f"hello, would you {act} {thing}", f"{act} {thing}") for act, thing in itertools.product(ACTS, THINGS)]
    wrong = [(text, found) for text, intent in said if (found := understanding.parse(text)["intent"]["name"]) != intent]
    assert len(wrong) <= 1, wrong
    acted_on = {understanding.parse(text)["intent"]["name"] for text in UNASKED} - {"nlu_fallback", "oos"}
    assert len(acted_on) <= 1, acted_on
