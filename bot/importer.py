"""Training data from data/**, and a placeholder text for each utter_ action: Rasa warns of each that has none.

The real texts are the wording in content/, which no training needs and content staff change without one.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import rasa.shared.utils.io
from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.loading import load_data
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.examples import Example
from bot.nlu.parts import uncollected
from switchboard.errors import BadWording
from switchboard.wording import Wording

_PREFIX = "utter_"


class RenjiImporter(RasaFileImporter):  # type: ignore[misc]
    """`content` is the directory of the wording; config.yml may name another."""

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
        content: str = "content",
        **_: Any,
    ) -> None:
        super().__init__(config_file, domain_path, training_data_paths)
        self._content = Path(config_file or ".").parent / content
        self._told = False
        # What the system brings into a conversation has no examples: nobody says it.
        warnings.filterwarnings("ignore", message="The intent 'event_.*not found in the NLU training data")
        # Ours is one; Rasa looks for the class itself.
        warnings.filterwarnings("ignore", message="'RulePolicy' is not included in the model's policy configuration")

    def get_domain(self) -> Domain:
        """The domain with its placeholders. Warns of each utter_ that the wording cannot say."""
        domain = super().get_domain()
        names = sorted(name for name in domain.action_names_or_texts if name.startswith(_PREFIX))
        if not self._told:
            self._told = True
            for fault in missing(names, self._content):
                rasa.shared.utils.io.raise_warning(fault)
        placeholders = {name: [{"text": name}] for name in names if name not in domain.responses}
        return domain.merge(Domain.from_dict({"responses": placeholders}))

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """The examples, read once as long as the files stay as they are: Rasa asks five times in one training."""
        return _examples(tuple((path, Path(path).stat().st_mtime_ns) for path in self._nlu_files))


@lru_cache(maxsize=1)
def _examples(files: tuple[tuple[str, int], ...]) -> TrainingData:
    with uncollected():
        read = [load_data(path) for path, _ in files]
        for data in read:
            data.training_examples = [Example(message.data) for message in data.training_examples]
        return TrainingData().merge(*read)


def missing(names: list[str], content: Path) -> Iterator[str]:
    """What stands between these utter_ names and a person who reads Chinese or English, in words."""
    try:
        # Wording.load refuses an entry without one of the languages.
        known = Wording.load(content).names()
    except BadWording as error:
        yield f"the wording cannot be loaded: {error}"
        return
    for name in names:
        if name.removeprefix(_PREFIX) not in known:
            yield f"{name} has no text in {content}/responses"
