"""How two processes share the tests (`make test`): which tests stay together, and which begin first.

What starts the whole product stays in one process, so that the session's stack exists once, and chaos has no other
installation beside it. Everything else goes by module, but for modules that share something slow to make.
"""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

TOGETHER = {
    "tests/chaos/test_chaos.py": "whole",
    "tests/transcripts": "whole",
    "tests/whole": "whole",
    "tests/dialogues": "dialogues",
    "tests/unit/bot": "tiny model",
    "tests/contracts/bot": "tiny model",
    "tests/nlu": "nlu",
    "tests/whole/test_rasa_commands.py": "Rasa's commands",
}
"""Folder or module → group; in this order they begin. The first waits for the release, which the last two need too."""


def group(nodeid: str) -> str:
    module = nodeid.split("::")[0]
    path = PurePosixPath(module)
    return next((TOGETHER[str(place)] for place in (path, *path.parents) if str(place) in TOGETHER), module)


def arrange(items: list[pytest.Item]) -> None:
    """Groups in the order of TOGETHER, then the others as they were."""
    groups = list(dict.fromkeys(TOGETHER.values()))
    items.sort(key=lambda item: groups.index(name) if (name := group(item.nodeid)) in groups else len(groups))


class ByGroup(LoadScopeScheduling):
    """Hands out one group after the other, to whoever has nothing left to do."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        # In the order in which they were arranged, not the one with the most tests first.
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)
