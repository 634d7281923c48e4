"""Sparse tf-idf features over character, sound and token sequences; the vocabulary is stored as JSON and npz."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import numpy as np
import scipy.sparse
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT, TEXT_TOKENS
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.grams import grams
from bot.nlu.noise import COPY
from bot.nlu.parts import normal_of, with_parts

_NAMES = "names.json"
_WEIGHTS = "weights.npz"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class NgramFeaturizer(GraphComponent):
    """Adds one sparse sentence vector of unit length (shape 1 × vocabulary) to each message and its parts."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`min_count`: so many examples (copies of one count once) must show a feature. `views`: how much each view weighs."""
        return {"min_count": 2, "views": {"c": 1.0, "s": 0.7, "t": 0.7, "w": 1.0, "n": 0.7}}

    @classmethod
    def required_packages(cls) -> list[str]:
        """What must be installed."""
        return ["scipy", "pypinyin"]

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> NgramFeaturizer:
        """An untrained featurizer with an empty vocabulary."""
        return cls(config, model_storage, resource, [], np.zeros(0, np.float32))

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> NgramFeaturizer:
        """Read vocabulary and weights."""
        with model_storage.read_from(resource) as folder:
            names = json.loads((folder / _NAMES).read_text(encoding="utf-8"))
            with np.load(folder / _WEIGHTS, allow_pickle=False) as stored:
                return cls(config, model_storage, resource, names, stored["weights"])

    def __init__(
        self,
        config: dict[str, Any],
        storage: ModelStorage,
        resource: Resource,
        names: list[str],
        weights: np.ndarray,
    ) -> None:
        """`weights[i]` belongs to feature `names[i]`."""
        self._config = config
        self._storage = storage
        self._resource = resource
        self._columns = {name: column for column, name in enumerate(names)}
        self._weights = weights

    def train(self, training_data: TrainingData) -> Resource:
        """Count the features of all examples and keep the ones seen often enough."""
        examples = [example for example in training_data.training_examples if example.get(TEXT)]
        texts = [_grams_of(example) for example in examples]
        counts = Counter(name for found in texts for name in found)
        own = Counter(
            name for example, found in zip(examples, texts, strict=True) if not example.get(COPY) for name in found
        )
        names = sorted(name for name, count in own.items() if count >= self._config["min_count"])
        idf = np.array([np.log((1 + len(texts)) / (1 + counts[name])) + 1 for name in names])
        view = np.array([self._config["views"][name[0]] for name in names])
        with self._storage.write_to(self._resource) as folder:
            (folder / _NAMES).write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
            np.savez(folder / _WEIGHTS, weights=(idf * view).astype(np.float32))
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add features to messages and their parts."""
        for message in with_parts(messages):
            message.add_features(Features(self.vector(message), FEATURE_TYPE_SENTENCE, TEXT, type(self).__name__))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add features to the examples."""
        self.process([example for example in training_data.training_examples if example.get(TEXT)])
        return training_data

    def vector(self, message: Message) -> scipy.sparse.csr_matrix:
        """The feature vector of a tokenized message; all zero if nothing in it is known."""
        columns = np.array(
            sorted(self._columns[name] for name in _grams_of(message) if name in self._columns), dtype=np.int32
        )
        values = self._weights[columns]
        length = np.sqrt((values * values).sum())
        values = values / length if length else values
        shape = (1, len(self._weights))
        return scipy.sparse.csr_matrix((values, columns, np.array([0, len(columns)], np.int32)), shape=shape)


def _grams_of(message: Message) -> set[str]:
    return grams(normal_of(message).text, [token.text for token in message.get(TEXT_TOKENS) or ()])
