"""Anything may break at any moment, under load: nothing is lost, nothing done twice, no order broken.

CHAOS_SECONDS says for how long (120), CHAOS_SEED with which chances, CHAOS_ACTIONS_APART=1 that actions are a process
of their own. The ledger is printed; a breach fails.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.__main__ import described, is_breached, run

SECONDS = int(os.environ.get("CHAOS_SECONDS", "120"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
APART = "CHAOS_ACTIONS_APART" in os.environ
pytestmark = [pytest.mark.chaos, pytest.mark.rasa, pytest.mark.timeout(SECONDS + 900)]


async def test_nothing_is_lost_doubled_or_out_of_order(tell: Callable[[str], None]) -> None:
    # Not tmp_path: a unix socket's path may have 107 bytes only.
    with tempfile.TemporaryDirectory(prefix="renji-chaos-") as folder:
        ledger = await run(Path(folder), SECONDS, SEED, APART)
    tell(described(ledger, SECONDS, SEED))
    assert not is_breached(ledger, SECONDS), ledger.breaches
