"""The intent classifier: calibrated probabilities, topics inside intents, and a reject option that costs decide.

An example may carry a topic in its metadata (`metadata: {topic: …}` on the intent); topics are classes of their own
when learning and are added up to their intent when answering. The likeliest topic travels in `intent["topic"]`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import astuple
from typing import Any

import numpy as np
import scipy.sparse
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import (
    FEATURE_TYPE_SENTENCE,
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    METADATA,
    METADATA_INTENT,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.grams import shaped
from bot.nlu.linear import Calibration, LinearModel, Schedule, fit
from bot.nlu.noise import COPY, INVENTED, SOURCE
from bot.nlu.parts import TAUGHT, normal_of, with_parts

TOPIC = "topic"
_CLASSES = "classes.json"
_MODEL = "model.npz"
_TAUGHT = "taught.json"
_RANKING_LENGTH = 8
_MANY = 10_000
"""From so many examples on, an invented sentence without a wish counts as much as an example in the calibration."""
_PLENTY = 20
"""From so many examples a class on, the whole of `sharpness` counts, and its root up to the half of them."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class CalibratedClassifier(GraphComponent):
    """Reads the sentence features of one featurizer; sets `intent` and `intent_ranking` as Rasa does."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Acting or asking, the cheaper one is done. Acting costs `cost_wrong` (of some intents `cost_wrong_by_intent`)
        where something else was wanted, and `cost_unwanted` where nothing was. Asking costs `cost_ask` where something
        was wanted; where nothing was, it is the right thing to do.

        `trust_in_examples` is the share of probability that the reading of a word-for-word example gets at once; which
        number stands in it does not matter, where all examples that differ in numbers only are read alike.
        `wishless` are intents that mean that nothing is wanted: never rejected, and told apart by a model of their own.
        `epochs`, `step` and `smoothing` are those of `Schedule`. A `sharpness` above 1 makes probabilities surer than
        held-out examples would have them, for intents of which several mean nearly the same; less so where a class has
        few examples.
        """
        return {
            "epochs": 4,
            "step": 8.0,
            "smoothing": 0.1,
            "sharpness": 1.0,
            "trust_in_examples": 0.9,
            "cost_ask": 1.0,
            "cost_wrong": 2.0,
            "cost_unwanted": 2.0,
            "cost_wrong_by_intent": {},
            "wishless": ["out_of_scope", "oos"],
        }

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CalibratedClassifier:
        """An untrained classifier."""
        return cls(config, model_storage, resource, [], None, {})

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> CalibratedClassifier:
        """Read the trained model."""
        with model_storage.read_from(resource) as folder:
            classes = json.loads((folder / _CLASSES).read_text(encoding="utf-8"))
            taught = json.loads((folder / _TAUGHT).read_text(encoding="utf-8"))
            with np.load(folder / _MODEL, allow_pickle=False) as stored:
                calibration = Calibration(*stored["calibration"].tolist())
                weights = stored["weights"].astype(np.float32)
                model = LinearModel(weights, stored["bias"], stored["wishless"], calibration)
        return cls(config, model_storage, resource, [tuple(pair) for pair in classes], model, taught)

    def __init__(
        self,
        config: dict[str, Any],
        storage: ModelStorage,
        resource: Resource,
        classes: list[tuple[str, str]],
        model: LinearModel | None,
        taught: dict[str, int],
    ) -> None:
        """`classes` are (intent, topic) in the order of the model's columns; `taught` maps examples, and their
        shapes, to columns."""
        self._config = config
        self._storage = storage
        self._resource = resource
        self._classes = classes
        self._model = model
        self._taught = taught
        self._intents = sorted({intent for intent, _ in classes})
        self._intent_of = np.array([self._intents.index(intent) for intent, _ in classes], dtype=np.int64)

    def train(self, training_data: TrainingData) -> Resource:
        """Fit on all examples that have features."""
        examples = [example for example in training_data.intent_examples if _features(example) is not None]
        if not examples:
            return self._resource
        labels = [_label(example) for example in examples]
        classes = sorted(set(labels))
        numbers = {label: number for number, label in enumerate(classes)}
        rows = _stacked([_features(example) for example in examples])
        groups = np.array([example.get(SOURCE, number) for number, example in enumerate(examples)])
        schedule = Schedule(self._config["epochs"], self._config["step"], self._config["smoothing"])
        wishless = np.array([numbers[label] for label in classes if label[0] in self._config["wishless"]], np.int64)
        names = sorted({intent for intent, _ in classes})
        intents = np.array([names.index(intent) for intent, _ in classes])
        own = [example for example in examples if not example.get(COPY)]
        said = np.array([numbers[label] for label in labels])
        model = fit(rows, said, intents, wishless, groups, schedule, _counts(examples, len(own)))
        taught = _taught([(normal_of(example).text, numbers[_label(example)]) for example in own])
        with self._storage.write_to(self._resource) as folder:
            (folder / _CLASSES).write_text(json.dumps(classes, ensure_ascii=False), encoding="utf-8")
            (folder / _TAUGHT).write_text(json.dumps(taught, ensure_ascii=False), encoding="utf-8")
            np.savez(
                folder / _MODEL,
                weights=model.weights.astype(np.float16),
                bias=model.bias,
                wishless=model.wishless,
                calibration=astuple(model.calibration.sharper(self._sharpness(len(own) / len(classes)))),
            )
        return self._resource

    def _sharpness(self, examples_a_class: float) -> float:
        # Where a class has few examples, it is not its neighbours that are taken for it, but anything.
        return float(self._config["sharpness"] ** min(1.0, max(0.5, examples_a_class / _PLENTY)))

    def process(self, messages: list[Message]) -> list[Message]:
        """Classify messages and their parts."""
        for message in with_parts(messages):
            intent, ranking = self._classify(message)
            message.set(INTENT, intent, add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    def _classify(self, message: Message) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        vector = _features(message)
        if self._model is None or vector is None or vector.nnz == 0:
            nothing = _entry(DEFAULT_NLU_FALLBACK_INTENT_NAME, 1.0, "")
            return nothing, [nothing]
        ranking = self._ranking(self._probabilities(self._model, message, vector))
        best = ranking[0]
        if best[INTENT_NAME_KEY] not in self._config["wishless"] and self._asking_is_cheaper(ranking):
            reject = _entry(DEFAULT_NLU_FALLBACK_INTENT_NAME, round(1.0 - best[PREDICTED_CONFIDENCE_KEY], 4), "")
            return reject, [reject, *ranking]
        return best, ranking

    def _probabilities(self, model: LinearModel, message: Message, vector: scipy.sparse.csr_matrix) -> np.ndarray:
        probabilities = model.probabilities(vector)
        text = normal_of(message).text
        column = self._taught.get(text, self._taught.get(shaped(text)))
        if column is not None:
            # Who teaches a sentence word for word may rely on it, however alike another intent's sentences are.
            message.set(TAUGHT, True)
            trust = self._config["trust_in_examples"]
            probabilities = probabilities * (1 - trust)
            probabilities[column] += trust
        return probabilities

    def _ranking(self, probabilities: np.ndarray) -> list[dict[str, Any]]:
        per_intent = np.zeros(len(self._intents))
        np.add.at(per_intent, self._intent_of, probabilities)
        order = np.argsort(-per_intent)[:_RANKING_LENGTH]
        topics = (np.where(self._intent_of == number, probabilities, -1.0).argmax() for number in order)
        return [
            _entry(self._intents[number], round(float(per_intent[number]), 4), self._classes[topic][1])
            for number, topic in zip(order, topics, strict=True)
        ]

    def _asking_is_cheaper(self, ranking: list[dict[str, Any]]) -> bool:
        best, wishless = ranking[0], self._config["wishless"]
        nothing = sum(entry[PREDICTED_CONFIDENCE_KEY] for entry in ranking if entry[INTENT_NAME_KEY] in wishless)
        another = 1.0 - best[PREDICTED_CONFIDENCE_KEY] - nothing
        cost_wrong = self._config["cost_wrong_by_intent"].get(best[INTENT_NAME_KEY], self._config["cost_wrong"])
        acting = another * cost_wrong + nothing * self._config["cost_unwanted"]
        return bool(acting > (1.0 - nothing) * self._config["cost_ask"])


def _entry(name: str, confidence: float, topic: str) -> dict[str, Any]:
    return {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: confidence, TOPIC: topic}


def _label(example: Message) -> tuple[str, str]:
    about = (example.get(METADATA) or {}).get(METADATA_INTENT) or {}
    return example.get(INTENT), about.get(TOPIC, "") if isinstance(about, dict) else ""


def _counts(examples: list[Message], own: int) -> np.ndarray:
    """How much each example counts in the calibration, where `own` of them were written by people.

    A model of few examples knows all words of what is invented from them, and few of what people will say.
    """
    invented = min(1.0, own / _MANY)
    return np.array([invented if example.get(INVENTED) else 1.0 for example in examples])


def _taught(examples: list[tuple[str, int]]) -> dict[str, int]:
    """Text → column, and the shape of texts → column, where they agree."""
    by_shape = _agreed((shaped(text), column) for text, column in examples)
    return {**by_shape, **_agreed(examples)}


def _agreed(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, set[int]] = {}
    for text, column in pairs:
        found.setdefault(text, set()).add(column)
    return {text: columns.pop() for text, columns in found.items() if len(columns) == 1}


def _stacked(rows: list[scipy.sparse.csr_matrix]) -> scipy.sparse.csr_matrix:
    """Row vectors below each other; ten times as fast as scipy's vstack where there are so many."""
    ends = np.cumsum([0, *(row.nnz for row in rows)])
    content = np.concatenate([row.data for row in rows]), np.concatenate([row.indices for row in rows]), ends
    return scipy.sparse.csr_matrix(content, shape=(len(rows), rows[0].shape[1]))


def _features(message: Message) -> scipy.sparse.csr_matrix | None:
    # Not message.get_sparse_features: it copies deeply, which cost a fifth of the training.
    fitting = (
        found.features
        for found in message.features
        if found.attribute == TEXT and found.type == FEATURE_TYPE_SENTENCE and found.is_sparse()
    )
    return next(fitting, None)
