"""The wording of Releases, for whoever renders in the name of one: Rasa's NLG, and previews of what it will say."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from switchboard.errors import BadWording
from switchboard.wording import Wording

RELEASE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


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
        if not RELEASE_ID.fullmatch(release_id):
            raise BadWording(f"no Release named {release_id!r}")
        content = self._releases / release_id / "content"
        if not content.is_dir():
            raise BadWording(f"Release {release_id} has no content")
        return self._of_release(content)

    def _load_content(self, state: tuple[tuple[str, int], ...]) -> Wording:
        return Wording.load(self._content)

    def _content_state(self) -> tuple[tuple[str, int], ...]:
        return tuple((p.name, p.stat().st_mtime_ns) for p in sorted((self._content / "responses").glob("*.yml")))
