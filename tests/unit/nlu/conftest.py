"""The values in texts, as they are read on Sunday, 15 March 2026, noon in Shanghai."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from bot.nlu.extractor import ValueExtractor


@pytest.fixture(scope="session")
def extractor() -> ValueExtractor:
    # Not at the top: this file is read where Rasa is not installed, too.
    from bot.nlu.extractor import ValueExtractor
    from tests.unit.nlu.reading import NOW

    return ValueExtractor(ValueExtractor.get_default_config(), lambda: NOW)
