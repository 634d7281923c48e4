"""The wording of Releases, for whoever renders in the name of one: Rasa's NLG, and previews of what it will say."""

from __future__ import annotations

import re
from collections import OrderedDict
from pathlib import Path

from switchboard.errors import BadWording
from switchboard.wording import Wording

_KEPT = 8
RELEASE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Wordings:
    """The wording of each Release, loaded once: a Release never changes.

    Without a Release it is the working copy in content/, read again when it changed.
    """

    def __init__(self, releases: Path, content: Path) -> None:
        self._releases = releases
        self._content = content
        self._of_release: OrderedDict[str, Wording] = OrderedDict()
        self._of_content: tuple[object, Wording] | None = None
        self._read: tuple[object, Wording] | None = None

    def get(self, release_id: str) -> Wording:
        """Raises BadWording when the Release has no content or it cannot be read."""
        if not release_id:
            return self._working_copy()
        if release_id not in self._of_release:
            self._of_release[release_id] = self._load(release_id)
            if len(self._of_release) > _KEPT:
                self._of_release.popitem(last=False)
        return self._of_release[release_id]

    def is_loaded(self, release_id: str) -> bool:
        """Whether `get` answers at once; it reads files for about half a second otherwise."""
        return release_id in self._of_release

    def _load(self, release_id: str) -> Wording:
        if not RELEASE_ID.fullmatch(release_id):
            raise BadWording(f"no Release named {release_id!r}")
        content = self._releases / release_id / "content"
        if not content.is_dir():
            raise BadWording(f"Release {release_id} has no content")
        return self._loaded(content, checked=True)

    def _working_copy(self) -> Wording:
        state = tuple((p.name, p.stat().st_mtime_ns) for p in sorted((self._content / "responses").glob("*.yml")))
        if self._of_content is None or self._of_content[0] != state:
            self._of_content = state, self._loaded(self._content)
        return self._of_content[1]

    def _loaded(self, content: Path, checked: bool = False) -> Wording:
        """Parsing takes half a second, and a Release mostly says what the working copy says: then it is done once."""
        files = {path.relative_to(content): path.read_bytes() for path in content.rglob("*.yml")}
        if self._read is None or self._read[0] != files:
            self._read = files, Wording.load(content, checked)
        return self._read[1]
