"""Whoever waits at the terminal sees that it goes on."""

from __future__ import annotations

import threading

import pytest

from deploy import progress


def test_a_long_step_says_that_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "STILL_S", 0.01)
    shown, said = progress.Progress(), threading.Event()
    monkeypatch.setattr(shown, "say", lambda text: said.set() if text.endswith("still at it") else None)
    with shown.step("Building"):
        assert said.wait(20)
