"""Python's search for garbage, made rare: a message makes thousands of things and leaves hardly any in a circle."""

from __future__ import annotations

import gc

RARELY = (20_000, 20, 20)


def seldom() -> None:
    """Call when everything is loaded. What is there stays, and is looked through no more: in a slot that alone would
    cost a tenth of a turn, again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*RARELY)
