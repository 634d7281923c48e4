"""Train or load the NLU components and run them here, in the order of a pipeline, without the rest of Rasa's graph."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.importers.utils import training_data_from_paths
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import class_from_module_path
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "config.yml"
Pipeline = Sequence[tuple[str, Mapping[str, Any]]]
"""Component by module path, with what its configuration says differently."""


class Understanding:
    """A trained pipeline: text in, Rasa's parse data out."""

    def __init__(self, components: list[GraphComponent]) -> None:
        """`components` in pipeline order, loaded from what training stored."""
        self._components = components

    def with_option(self, name: str, value: Any) -> Understanding:
        """The same, but for an option of those components that have it; nothing is learned anew."""
        components = [copy.copy(component) for component in self._components]
        for component in components:
            options = getattr(component, "_config", {})
            if name in options:
                vars(component)["_config"] = {**options, name: value}
        return Understanding(components)

    def message(self, text: str, **metadata: Any) -> Message:
        """The processed message with all that the components attached."""
        messages = [Message({"text": text, "metadata": metadata})]
        for component in self._components:
            messages = component.process(messages)  # type: ignore[attr-defined]
        return messages[0]

    def parse(self, text: str, **metadata: Any) -> dict[str, Any]:
        """What the channel would get for a text."""
        return self.message(text, **metadata).as_dict(only_output_properties=True)


def pipeline_of(config: Path = CONFIG) -> Pipeline:
    """The pipeline that a Rasa configuration names."""
    components = YAML(typ="safe").load(config)["pipeline"]
    return [(entry["name"], {key: value for key, value in entry.items() if key != "name"}) for entry in components]


def train(data: TrainingData, folder: Path, pipeline: Pipeline | None = None) -> Understanding:
    """Train and load each component as Rasa's default recipe does; without a pipeline, the project's own."""
    storage = LocalModelStorage(folder)
    context = ExecutionContext(GraphSchema({}), is_finetuning=False)
    loaded: list[GraphComponent] = []
    for number, (name, options) in enumerate(pipeline_of() if pipeline is None else pipeline):
        component = class_from_module_path(name)
        config = {**component.get_default_config(), **options}
        resource = Resource(f"{number}-{component.__name__}")
        if hasattr(component, "train"):
            component.create(config, storage, resource, context).train(training_data=data)
            instance = component.load(config, storage, resource, context)
        else:
            instance = component.create(config, storage, resource, context)
        if hasattr(instance, "process_training_data"):
            data = instance.process_training_data(data)
        loaded.append(instance)
    return Understanding(loaded)


def load(archive: Path, folder: Path) -> Understanding:
    """The pipeline of a whole model, unpacked into `folder`, which is empty."""
    storage, metadata = LocalModelStorage.from_model_archive(folder, archive)
    context = ExecutionContext(metadata.predict_schema, is_finetuning=False)
    names = {name for name, _ in pipeline_of()}
    return Understanding(
        [
            node.uses.load({**node.uses.get_default_config(), **node.config}, storage, node.resource, context)
            for node in metadata.predict_schema.nodes.values()
            if f"{node.uses.__module__}.{node.uses.__name__}" in names
        ]
    )


def project_data() -> TrainingData:
    """The project's own examples, data/nlu."""
    return training_data_from_paths([str(path) for path in sorted((ROOT / "data/nlu").glob("*.yml"))], "zh")
