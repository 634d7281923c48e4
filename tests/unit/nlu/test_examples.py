from __future__ import annotations

import copy

import numpy as np
import scipy.sparse
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import ENTITIES, FEATURE_TYPE_SENTENCE, INTENT, TEXT

from bot.nlu import features
from bot.nlu.examples import Example
from bot.nlu.features import NgramFeaturizer, Row
from bot.nlu.normal import normalise
from bot.nlu.parts import NORMAL
from bot.nlu.tokenizer import Piece


def row(*columns: int) -> Row:
    vector = scipy.sparse.csr_matrix((np.ones(len(columns)), ([0] * len(columns), columns)), shape=(1, 9))
    return Row(vector, FEATURE_TYPE_SENTENCE, TEXT, "test")


def test_a_copy_keeps_what_it_is_when_the_original_changes():
    example = Example({TEXT: "查话费", INTENT: "query_balance", ENTITIES: [{"value": 1}]})
    copied = copy.deepcopy(example)
    example.set(INTENT, "other")
    example.get(ENTITIES)[0]["value"] = 2
    example.add_features(row(1))
    assert (copied.get(INTENT), copied.get(ENTITIES), copied.features) == ("query_balance", [{"value": 1}], [])


def test_whatever_changes_changes_the_hash():
    example = Example({TEXT: "查话费", INTENT: "query_balance"})
    hashes = [example.fingerprint()]
    for change in (
        lambda: example.set(INTENT, "query_bill"),
        lambda: example.set("number", 7),
        lambda: example.add_features(row(1)),
        lambda: example.add_features(row(2)),
    ):
        change()
        hashes.append(example.fingerprint())
    assert len(set(hashes)) == len(hashes)


def test_the_same_properties_in_another_order_have_the_same_hash():
    there, back = Example({TEXT: "查话费", INTENT: "query_balance"}), Example({INTENT: "query_balance", TEXT: "查话费"})
    assert there.fingerprint() == back.fingerprint()
    there.set(INTENT, "query_balance")
    assert there == back


def test_tokens_are_hashed_by_what_they_say():
    hashes = []
    for said in ("话费", "话费", "流量"):
        example = Example({TEXT: f"查{said}", "tokens": [Piece("查", 0, 1), Piece(said, 1, 3)]})
        example.set(NORMAL, normalise(f"查{said}"))
        hashes.append(example.fingerprint())
    assert hashes[0] == hashes[1] != hashes[2]


def test_two_processes_find_the_same_features_as_one(monkeypatch):
    names = sorted(f"c:{char}" for char in "一二三四五六七八九十查话费流量")
    known = NgramFeaturizer({}, None, Resource("none"), names, np.ones(len(names), np.float32), 1.0)
    contents = [(f"查{char}话费", []) for char in "一二三四五六七八九十"]
    alone = known._known_of_all(contents)
    monkeypatch.setattr(features, "_MANY", 1)
    beside = known._known_of_all(contents)
    assert [columns.tolist() for columns in beside] == [columns.tolist() for columns in alone]
    assert len({tuple(columns) for columns in alone}) == len(contents)
