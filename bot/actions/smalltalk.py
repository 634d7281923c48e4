"""Greetings and small talk. It never hides that it is a machine."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn


class Greet(Skill):
    """Said once in a session; the very first words of all were answered with a hello by the switchboard already."""

    wish = "greet"
    keeps = False

    async def answer(self, turn: Turn) -> list[Event]:
        turn.say("listening" if turn.slot("greeted") or _first_words(turn) else "greeting")
        turn.outcome(self.wish, "answered")
        return [SlotSet("greeted", True)]


class BotChallenge(Skill):
    wish = "bot_challenge"
    keeps = False

    async def answer(self, turn: Turn) -> list[Event]:
        turn.say("i_am_a_machine")
        turn.outcome(self.wish, "answered")
        return []


class Thanks(Skill):
    wish = "thanks"
    keeps = False

    async def answer(self, turn: Turn) -> list[Event]:
        turn.say("welcome")
        return []


class Goodbye(Skill):
    wish = "goodbye"
    keeps = False

    async def answer(self, turn: Turn) -> list[Event]:
        turn.say("goodbye")
        return []


class Chitchat(Skill):
    wish = "chitchat"
    keeps = False
    tells = True

    async def answer(self, turn: Turn) -> list[Event]:
        turn.say("chitchat")
        turn.outcome(self.wish, "answered")
        return []


class Abuse(Skill):
    """Anger is answered calmly, with a human."""

    wish = "abuse"
    keeps = False
    tells = True

    async def answer(self, turn: Turn) -> list[Event]:
        turn.say("abuse")
        turn.outcome(self.wish, "answered")
        return []


class SwitchLanguage(Skill):
    wish = "switch_language"
    keeps = False

    async def answer(self, turn: Turn) -> list[Event]:
        other = "en" if turn.who.language == "zh" else "zh"
        language = turn.entities.get("language") or other
        language = language if language in ("zh", "en") else other
        turn.effect(language=language)
        # This turn still has the old language in its metadata.
        turn.say("language_switched", language=language)
        turn.outcome(self.wish, "done")
        return []


def _first_words(turn: Turn) -> bool:
    """Whether nothing was said here before."""
    return sum(event["event"] == "user" for event in turn.tracker.events) <= 1
