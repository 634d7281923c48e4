"""The tiny assistant of the unit tests on the real exchange."""

from __future__ import annotations

import importlib.util

collect_ignore = (
    [] if importlib.util.find_spec("rasa") else ["test_turn_once.py", "test_action_server.py", "test_slot.py"]
)
