"""The open sockets of a gateway."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from connectors.web.sessions import Session


@dataclass
class Connection:
    """One socket of a session: where it has read to, and which messages it sent last."""

    session: Session
    position: str
    sent: deque[str] = field(default_factory=lambda: deque(maxlen=50))
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


class Connections:
    """By their own id and by their session's: a message wakes only those it is for."""

    def __init__(self) -> None:
        self._by_sid: dict[str, Connection] = {}
        self._of_session: dict[str, set[str]] = {}

    def get(self, sid: str) -> Connection | None:
        return self._by_sid.get(sid)

    def put(self, sid: str, connection: Connection) -> None:
        self.drop(sid)
        self._by_sid[sid] = connection
        self._of_session.setdefault(connection.session.id, set()).add(sid)

    def drop(self, sid: str) -> None:
        connection = self._by_sid.pop(sid, None)
        if connection is None:
            return
        others = self._of_session[connection.session.id]
        others.discard(sid)
        if not others:
            del self._of_session[connection.session.id]

    def sids(self, session: str = "") -> list[str]:
        """Of one session, or "" of all."""
        return list(self._of_session.get(session, ()) if session else self._by_sid)
