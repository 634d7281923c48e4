"""Reading the files of data/lookup, and their hash for Rasa's training cache (which knows nothing of them)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML


def load_lookup(path: str | Path) -> Any:
    """The content of a YAML lookup file; FileNotFoundError where it is missing."""
    with Path(path).open(encoding="utf-8") as file:
        return YAML(typ="safe").load(file)


def lookup_hash(paths: Iterable[str | Path]) -> str:
    """A hash of the files' bytes; a missing file counts as empty."""
    digest = hashlib.sha256()
    for path in paths:
        file = Path(path)
        digest.update(file.read_bytes() if file.is_file() else b"")
        digest.update(b"\0")
    return digest.hexdigest()
