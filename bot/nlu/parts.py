"""A message may carry parts (one a wish) as messages of their own, which every component treats like the whole."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from rasa.shared.nlu.training_data.message import Message

from bot.nlu.normal import Normal, normalise

NORMAL = "normal"
PARTS = "part_messages"
TAUGHT = "taught"
"""Message property: true for the text of an example."""


def with_parts(messages: list[Message]) -> Iterator[Message]:
    """Each message, then its parts if it was split."""
    for message in messages:
        yield message
        yield from message.get(PARTS) or ()


def normal_of(message: Message) -> Normal:
    """The normalised text of a message; made on the spot where no Normaliser ran before."""
    normal = message.get(NORMAL)
    if not isinstance(normal, Normal):
        normal = normalise(message.get("text") or "")
        message.set(NORMAL, normal)
    return normal


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for cycles of garbage while very many objects are made that are in none: it doubles the time.

    What is there in the end stays until the process ends, so it is not searched later either.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
