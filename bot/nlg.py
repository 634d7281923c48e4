"""Rasa's `utter_x` is the wording's `x`: rendered from the Release, channel and language in the message's metadata."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from rasa.core.nlg.generator import NaturalLanguageGenerator

from switchboard.codec import to_dict
from switchboard.errors import BadWording
from switchboard.wording import LANGUAGES, Wording

_PREFIX = "utter_"
_RELEASE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# What Rasa and its SDK put beside an action's values.
_NOT_VALUES = frozenset(
    {"text", "buttons", "elements", "custom", "template", "image", "attachment", "domain_responses"}
)


class Wordings:
    """The wording of each Release, loaded once: a Release never changes.

    Without a Release it is the working copy in content/, read again when it changed.
    """

    def __init__(self, releases: Path, content: Path) -> None:
        self._releases = releases
        self._content = content
        self._of_release = lru_cache(maxsize=8)(Wording.load)
        self._of_content = lru_cache(maxsize=1)(self._load_content)

    def get(self, release_id: str) -> Wording:
        """Raises BadWording when the Release has no content or it cannot be read."""
        if not release_id:
            return self._of_content(self._content_state())
        if not _RELEASE_ID.fullmatch(release_id):
            raise BadWording(f"no Release named {release_id!r}")
        content = self._releases / release_id / "content"
        if not content.is_dir():
            raise BadWording(f"Release {release_id} has no content")
        return self._of_release(content)

    def _load_content(self, state: tuple[tuple[str, int], ...]) -> Wording:
        return Wording.load(self._content)

    def _content_state(self) -> tuple[tuple[str, int], ...]:
        return tuple((p.name, p.stat().st_mtime_ns) for p in sorted((self._content / "responses").glob("*.yml")))


class WordingNlg(NaturalLanguageGenerator):  # type: ignore[misc]
    """Raises BadWording whenever it cannot render: a person never sees the name of a template or half a sentence."""

    def __init__(self, endpoint_config: Any = None, domain: Any = None, wordings: Wordings | None = None) -> None:
        if wordings is None:
            from bot.process import wordings as of_this_process

            wordings = of_this_process()
        self._wordings = wordings

    async def generate(
        self, utter_action: str, tracker: Any, output_channel: str, **values: Any
    ) -> dict[str, Any] | None:
        """Rasa's draft of a message; `reply` in it is the whole Reply as a dict.

        A `language` among the values goes before the conversation's: the person has just switched it.
        """
        said = _metadata(tracker)
        language = values.get("language") or said.get("language") or "zh"
        if language not in LANGUAGES:
            raise BadWording(f"no wording in {language!r}")
        given = {name: slot.value for name, slot in tracker.slots.items() if slot.value is not None}
        given |= {name: value for name, value in values.items() if name not in _NOT_VALUES}
        reply = self._wordings.get(said.get("release_id") or "").render(
            utter_action.removeprefix(_PREFIX), said.get("channel") or "web", language, {"language": language, **given}
        )
        buttons = [{"title": c.label, "payload": c.token} for c in reply.choices]
        return {"text": reply.text, "buttons": buttons, "reply": to_dict(reply)}


def _metadata(tracker: Any) -> Mapping[str, Any]:
    return (tracker.latest_message.metadata if tracker.latest_message else None) or {}
