"""Sparse features over sequences of characters, sounds and tokens; the vocabulary is stored as JSON and npz.

A feature counts the same however rare it is: idf weights lost three points of accuracy on real lines. A vector is
divided by the root of its length only, so that a text of which little is known stays short and is doubted.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection
from multiprocessing import Pipe, get_context
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

from bot.nlu.grams import grams, is_ideographic
from bot.nlu.noise import COPY
from bot.nlu.parts import normal_of, uncollected, with_parts

_NAMES = "names.json"
_WEIGHTS = "weights.npz"
_SAMPLE = 2000
"""So many examples, about, tell the mean length."""
_MANY = 2000
"""So many examples are worth another process."""
Content = tuple[str, list[str]]
"""A normalised text and its tokens."""


class Row(Features):
    """Features with a fingerprint of their bytes: Rasa's writes each one out as text, minutes in all when training."""

    def fingerprint(self) -> str:
        """A stable hash of the row."""
        row = self.features
        return hashlib.sha1(row.indices.tobytes() + row.data.tobytes(), usedforsecurity=False).hexdigest()


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class NgramFeaturizer(GraphComponent):
    """Adds one sparse sentence vector (shape 1 × vocabulary, of length 1 or so) to each message and its parts."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`per_count`: a feature that one example shows is kept, and of so many examples one more must show it.

        What few of many show costs time and says little; of few examples, each is needed.
        `views`: how much each view weighs. A view of weight 0 is not made, and sounds are not where no example is
        written in ideographs.
        """
        return {"per_count": 15_000, "views": {"c": 1.0, "s": 1.0, "t": 1.0, "w": 1.0, "p": 0.7, "n": 0.7}}

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
        return cls(config, model_storage, resource, [], np.zeros(0, np.float32), 1.0)

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
                return cls(config, model_storage, resource, names, stored["weights"], float(stored["scale"]))

    def __init__(
        self,
        config: dict[str, Any],
        storage: ModelStorage,
        resource: Resource,
        names: list[str],
        weights: np.ndarray,
        scale: float,
    ) -> None:
        """`weights[i]` belongs to feature `names[i]`; `scale` is the mean length of an example."""
        self._config = config
        self._storage = storage
        self._resource = resource
        self._columns = {name: column for column, name in enumerate(names)}
        self._weights = weights
        self._scale = scale
        self._views = {name[0] for name in names}

    def train(self, training_data: TrainingData) -> Resource:
        """Count the features of all examples and keep the ones seen often enough."""
        views = {view: weight for view, weight in self._config["views"].items() if weight}
        examples = [example for example in training_data.training_examples if example.get(TEXT)]
        own = [example for example in examples if not example.get(COPY)]
        if not any(is_ideographic(normal_of(example).text) for example in own):
            views.pop("s", None)
        counts = Counter(name for example in own for name in _grams_of(example, views))
        enough = 1 + len(own) // self._config["per_count"]
        names = sorted(name for name, count in counts.items() if count >= enough)
        weights = np.array([views[name[0]] for name in names], np.float32)
        columns = dict(zip(names, weights.tolist(), strict=True))
        sample = own[:: 1 + len(own) // _SAMPLE]
        lengths = [sum(columns.get(name, 0.0) ** 2 for name in _grams_of(example, views)) ** 0.5 for example in sample]
        scale = float(np.mean(lengths)) if lengths else 1.0
        with self._storage.write_to(self._resource) as folder:
            (folder / _NAMES).write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
            np.savez(folder / _WEIGHTS, weights=weights, scale=scale or 1.0)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add features to messages and their parts."""
        for message in with_parts(messages):
            self._add(message, self._known(_content(message)))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add features to the examples."""
        examples = [example for example in training_data.training_examples if example.get(TEXT)]
        with uncollected():
            for example, columns in zip(examples, self._known_of_all([*map(_content, examples)]), strict=True):
                self._add(example, columns)
        return training_data

    def _known_of_all(self, contents: list[Content]) -> list[np.ndarray]:
        if len(contents) < _MANY:
            return self._known_of_each(contents)
        # Half of it in a copy of this process, which has the vocabulary already; threads would wait for one another.
        half = len(contents) // 2
        receiving, sending = Pipe(duplex=False)
        beside = get_context("fork").Process(
            target=lambda: sending.send(self._known_of_each(contents[half:])), daemon=True
        )
        beside.start()
        sending.close()
        first = self._known_of_each(contents[:half])
        second: list[np.ndarray] = receiving.recv()
        beside.join()
        return first + second

    def _known_of_each(self, contents: list[Content]) -> list[np.ndarray]:
        return [self._known(content) for content in contents]

    def _add(self, message: Message, columns: np.ndarray) -> None:
        message.add_features(Row(self._row(columns), FEATURE_TYPE_SENTENCE, TEXT, type(self).__name__))

    def _known(self, content: Content) -> np.ndarray:
        """The columns of the features that are known, ascending."""
        known = self._columns.keys() & grams(*content, self._views)
        columns = np.fromiter(map(self._columns.__getitem__, known), np.int32, len(known))
        columns.sort()
        return columns

    def _row(self, columns: np.ndarray) -> scipy.sparse.csr_matrix:
        """The feature vector with these columns; all zero if there are none."""
        values = self._weights[columns]
        length = float(np.sqrt(values @ values))
        values = values / np.sqrt(length * self._scale) if length else values
        shape = (1, len(self._weights))
        return scipy.sparse.csr_matrix((values, columns, np.array([0, len(columns)], np.int32)), shape=shape)


def _content(message: Message) -> Content:
    return normal_of(message).text, [token.text for token in message.get(TEXT_TOKENS) or ()]


def _grams_of(message: Message, views: Collection[str]) -> set[str]:
    return grams(*_content(message), views)
