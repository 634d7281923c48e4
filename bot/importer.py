"""Training data from data/**, and a placeholder text for each utter_ action: Rasa warns of each that has none.

The real texts are the wording in content/, which no training needs and content staff change without one.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import rasa.shared.utils.io
from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter

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
