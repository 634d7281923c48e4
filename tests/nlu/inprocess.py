"""Train and run the NLU components in this process, in the order of a pipeline, without the rest of Rasa's graph."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.importers.utils import training_data_from_paths
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import class_from_module_path

ROOT = Path(__file__).resolve().parents[2]
PIPELINE = (
    "bot.nlu.noise.TrainingNoise",
    "bot.nlu.normaliser.Normaliser",
    "bot.nlu.wishes.WishParts",
    "bot.nlu.tokenizer.SentencePieceTokenizer",
    "bot.nlu.features.NgramFeaturizer",
    "bot.nlu.classifier.CalibratedClassifier",
    "bot.nlu.wishes.SeveralWishes",
    "bot.nlu.extractor.ValueExtractor",
)


class Understanding:
    """A trained pipeline: text in, Rasa's parse data out."""

    def __init__(self, components: list[GraphComponent]) -> None:
        """`components` in pipeline order, loaded from what training stored."""
        self._components = components

    def message(self, text: str, **metadata: Any) -> Message:
        """The processed message with all that the components attached."""
        messages = [Message({"text": text, "metadata": metadata})]
        for component in self._components:
            messages = component.process(messages)  # type: ignore[attr-defined]
        return messages[0]

    def parse(self, text: str, **metadata: Any) -> dict[str, Any]:
        """What the channel would get for a text."""
        return self.message(text, **metadata).as_dict(only_output_properties=True)


def train(
    data: TrainingData, folder: Path, pipeline: tuple[str, ...] = PIPELINE, **options: dict[str, Any]
) -> Understanding:
    """Train and load each component as Rasa's default recipe does; `options` are configurations by class name."""
    storage = LocalModelStorage(folder)
    context = ExecutionContext(GraphSchema({}), is_finetuning=False)
    loaded: list[GraphComponent] = []
    for name in pipeline:
        component = class_from_module_path(name)
        config = {**component.get_default_config(), **options.get(component.__name__, {})}
        resource = Resource(component.__name__)
        if hasattr(component, "train"):
            arguments = {"training_data": data}
            assert set(inspect.signature(component.train).parameters) == {"self", *arguments}
            component.create(config, storage, resource, context).train(**arguments)
        instance = component.load(config, storage, resource, context)
        if hasattr(instance, "process_training_data"):
            data = instance.process_training_data(data)
        loaded.append(instance)
    return Understanding(loaded)


def project_data() -> TrainingData:
    """The project's own examples, data/nlu."""
    return training_data_from_paths([str(path) for path in sorted((ROOT / "data/nlu").glob("*.yml"))], "zh")
