"""Several wishes in one line ("查话费和流量"): cut before the classifier, judged after it."""

from __future__ import annotations

import re
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.normal import Normal
from bot.nlu.parts import NORMAL, PARTS, TAUGHT, normal_of

WISHES = "parts"
_MAX_PARTS = 4
_JOINTS = (
    # A blank is one where whole clauses stand on its sides: 网速慢死了 怎么退订.
    "(?<=[\u4e00-\u9fff]{3}) (?=[\u4e00-\u9fff]{3})|[,.;!?、。；，！？]+"
    "|还[有要](?!多少|多久|几|没|剩|吗|什么|哪|等)|以及|顺便|然后|另外|再(?=查|看|帮|给)|和|跟|与|及|\\s+and\\s+|\\s+also\\s+"
    "|\\s+plus\\s+|&|\\+"
)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class WishParts(GraphComponent):
    """Gives a message that has joints in it the pieces between them, as messages for the next components."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`joints` is a regular expression over normalised text; `shortest` the least characters of a wish."""
        return {"joints": _JOINTS, "shortest": 2, "longest_text": 60}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> WishParts:
        """Needs nothing of the graph."""
        return cls(config)

    def __init__(self, config: dict[str, Any]) -> None:
        """Compile the joints."""
        self._config = config
        self._joints = re.compile(config["joints"])

    def process(self, messages: list[Message]) -> list[Message]:
        """Attach parts where there are at least two."""
        for message in messages:
            pieces = self._pieces(normal_of(message))
            if len(pieces) > 1:
                message.set(PARTS, [Message({TEXT: piece.text, NORMAL: piece}) for piece in pieces])
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Examples are learned whole."""
        return training_data

    def _pieces(self, normal: Normal) -> list[Normal]:
        if len(normal.text) > self._config["longest_text"]:
            return []
        cuts = [0, *(edge for found in self._joints.finditer(normal.text) for edge in found.span()), len(normal.text)]
        spans = zip(cuts[::2], cuts[1::2], strict=True)
        long_enough = [(start, end) for start, end in spans if end - start >= self._config["shortest"]]
        return [normal.cut(start, end) for start, end in long_enough[:_MAX_PARTS]]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class SeveralWishes(GraphComponent):
    """Turns a message whose parts are different, clear, answerable wishes into `several_questions` with `parts`."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`answerable` are intents that only read: any two of them can be answered in one go. `startable` are those
        that begin a dialog: the first of them comes after what can be read, or two of them one after the other. A part
        that is `urgent` is all that counts.
        """
        return {
            "intent": "several_questions",
            "answerable": [],
            "startable": [],
            "urgent": [],
            "clear": 0.55,
        }

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SeveralWishes:
        """Needs nothing of the graph."""
        return cls(config)

    def __init__(self, config: dict[str, Any]) -> None:
        """Take the options."""
        self._config = config

    def process(self, messages: list[Message]) -> list[Message]:
        """Judge each message by its parts."""
        for message in messages:
            if message.get(TAUGHT) and message.get(INTENT)[INTENT_NAME_KEY] != self._config["intent"]:
                continue  # It was taught as one wish, however its pieces sound.
            parts = [part.get(INTENT) for part in message.get(PARTS) or ()]
            clear = [part for part in parts if part[PREDICTED_CONFIDENCE_KEY] >= self._config["clear"]]
            urgent = [part for part in clear if part[INTENT_NAME_KEY] in self._config["urgent"]]
            wishes = self._wishes(message, clear)
            if urgent:
                self._put_first(message, urgent[0])
            elif len(wishes) > 1:
                best = message.get(INTENT_RANKING_KEY)[0]
                self._put_first(message, {**best, INTENT_NAME_KEY: self._config["intent"], "topic": ""})
                message.set(WISHES, wishes, add_to_output=True)
        return messages

    def _wishes(self, message: Message, clear: list[dict[str, Any]]) -> list[str]:
        wishes = self._named("answerable", clear)
        # What is begun waits for a person's words: one dialog after what can be read, or one after the other.
        wishes += self._named("startable", clear)[: 1 if wishes else 2]
        if len(wishes) < 2 and message.get(INTENT)[INTENT_NAME_KEY] == self._config["intent"]:
            # Said without a joint ("话费流量都查一下"): the next best readings are the wishes.
            wishes = self._named("answerable", message.get(INTENT_RANKING_KEY))[:2]
        return wishes

    def _named(self, kind: str, entries: list[dict[str, Any]]) -> list[str]:
        names = [entry[INTENT_NAME_KEY] for entry in entries]
        return list(dict.fromkeys(name for name in names if name in self._config[kind]))

    def _put_first(self, message: Message, first: dict[str, Any]) -> None:
        ranking = message.get(INTENT_RANKING_KEY)
        rest = [entry for entry in ranking if entry[INTENT_NAME_KEY] != first[INTENT_NAME_KEY]]
        message.set(INTENT, first, add_to_output=True)
        message.set(INTENT_RANKING_KEY, [first, *rest], add_to_output=True)
