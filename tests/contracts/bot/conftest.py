"""The tiny assistant of the unit tests on the real exchange."""

from __future__ import annotations

import importlib.util

NEED_RASA = ["test_turn_once.py", "test_action_server.py", "test_slot.py", "test_rule_lookup.py"]
collect_ignore = [] if importlib.util.find_spec("rasa") else NEED_RASA
