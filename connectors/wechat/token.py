"""The access token of the customer-service API: one file for all processes of a machine, one refresh at a time.

`stable_token` gives every caller the same token while `force_refresh` is false: machines do not throw each other out.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class AccessToken:
    """`until` is a Unix time in seconds."""

    value: str
    until: float
    app_id: str


class TokenShelf(Protocol):
    """Where processes share the token. Both calls are quick and may block for some milliseconds."""

    def read(self) -> AccessToken | None: ...

    def write(self, token: AccessToken) -> None: ...


class TokenFile:
    """A file of mode 0600 under a lock."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> AccessToken | None:
        try:
            with self._path.open() as file:
                fcntl.flock(file, fcntl.LOCK_SH)
                return AccessToken(**json.load(file))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, token: AccessToken) -> None:
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.truncate(0)
            json.dump(asdict(token), file)


class TokenMemory:
    """For one process."""

    def __init__(self) -> None:
        self._token: AccessToken | None = None

    def read(self) -> AccessToken | None:
        return self._token

    def write(self, token: AccessToken) -> None:
        self._token = token
