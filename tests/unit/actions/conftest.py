"""Actions need rasa_sdk; without it their tests are not collected."""

from __future__ import annotations

import importlib.util

collect_ignore_glob = [] if importlib.util.find_spec("rasa_sdk") else ["test_*.py"]
