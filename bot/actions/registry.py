"""Which skill answers a wish. skills.py lists them all and registers them; whoever hands a turn on asks here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.actions.turn import Event, Turn

ALWAYS = frozenset({"transfer_to_agent", "distress", "report_fraud", "report_lost_sim", "older_mode", "login"})
"""The ways to a human, and the proof that others wait for."""


class Answers(Protocol):
    """What a Skill is to others; `tells`: said while a description is asked for, it is part of the description."""

    @property
    def tells(self) -> bool: ...

    def option(self, text: str) -> str:
        """Which variant of it the words ask for."""

    async def handle(self, turn: Turn) -> list[Event]:
        """Answer; a CRM that is away is said. Returns Rasa's events."""

    async def attempt(self, turn: Turn) -> list[Event]:
        """Answer. Raises Unavailable."""


@dataclass(frozen=True)
class Registry:
    """`skills` by wish; `reads` only read or tell; `offered` have a short name, and are asked back by it."""

    skills: Mapping[str, Answers] = field(default_factory=dict)
    reads: frozenset[str] = frozenset()
    offered: frozenset[str] = frozenset()


_registered = [Registry()]


def register(registry: Registry) -> None:
    """Replaces what was registered before."""
    _registered[:] = [registry]


def registered() -> Registry:
    """Empty until skills.py was imported."""
    return _registered[0]


def skill_of(wish: str) -> Answers:
    """Raises KeyError for a wish that nothing answers."""
    return registered().skills[wish]
