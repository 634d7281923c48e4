"""How actions get at the CRM and the stores: actions.py calls `install` once, the first action opens the doors.

from bot.actions import wiring
wiring.install(open_doors)          # open_doors() -> crm.operations.doors.Doors
from bot.actions import skills      # the import that registers every action with rasa_sdk
"""

from __future__ import annotations

from collections.abc import Callable

from bot.actions.terms import Terms
from crm.operations.doors import Doors

_open: list[Callable[[], Doors]] = []
_doors: list[Doors] = []
_terms: list[Terms] = []


def install(open_doors: Callable[[], Doors], words: Terms | None = None) -> None:
    """Replaces what was installed before. `open_doors` is called in the server's loop."""
    _open[:] = [open_doors]
    _doors.clear()
    _terms[:] = [words or Terms()]


def terms() -> Terms:
    """What charges are called; no words where none are installed."""
    return _terms[0] if _terms else Terms()


def doors() -> Doors:
    """Raises RuntimeError when nothing is installed."""
    if not _doors:
        if not _open:
            raise RuntimeError("bot.actions.wiring.install was not called")
        _doors.append(_open[0]())
    return _doors[0]
