"""Web sessions: 128 random bits, the moment of issue and an HMAC. Whoever holds the token is the session.

A token is issued anew when the session's person logs in, and all others end then: a token that somebody planted in
another person's browser is worth nothing after that person logged in. It names the login it belongs to; whether it is
older than one is not asked of moments, which clocks of different machines tell.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timezone

from switchboard.model import Address, Conversation
from switchboard.ports import Bound, Clock

LIFE_S = 30 * 24 * 3600
_TOKEN = re.compile(r"(([0-9a-f]{32})\.([0-9]{13})\.([0-9]{1,9})(?:\.([0-9]{1,13}))?)\.([0-9a-f]{64})")


@dataclass(frozen=True)
class Session:
    """A verified session. `issued_at`, the conversation's `generation` and the `login` it belongs to (0: none) are
    those of its token."""

    id: str
    issued_at: datetime
    generation: int = 0
    login: int = 0

    @property
    def address(self) -> Address:
        return Address("web", self.id)

    def outlived(self, conversation: Conversation | Bound | None) -> bool:
        """True if somebody logged in, or a generation of the conversation ended, since this token was issued."""
        if conversation is None:
            return False
        return conversation.generation > self.generation or _login(conversation) not in (0, self.login)


class Sessions:
    """Issues and verifies tokens under the installation's key."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def new(self) -> Session:
        return Session(secrets.token_hex(16), _moment(self._now_ms()))

    def renewed(self, session: Session, conversation: Conversation | Bound) -> Session:
        """The same session under a token of now, which belongs to the login."""
        return Session(session.id, _moment(self._now_ms()), conversation.generation, _login(conversation))

    def token(self, session: Session) -> str:
        body = f"{session.id}.{_ms(session.issued_at):013d}.{session.generation}"
        body += f".{session.login}" if session.login else ""
        return f"{body}.{self._sign(body)}"

    def read(self, token: object) -> Session | None:
        """The session, or None for what we did not issue or what is older than 30 days."""
        match = _TOKEN.fullmatch(token) if isinstance(token, str) else None
        if match is None or not hmac.compare_digest(self._sign(match[1]), match[6]):
            return None
        session = Session(match[2], _moment(int(match[3])), int(match[4]), int(match[5] or 0))
        return session if (self._clock() - session.issued_at).total_seconds() < LIFE_S else None

    def _now_ms(self) -> int:
        return _ms(self._clock())

    def _sign(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest()


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _login(conversation: Conversation | Bound) -> int:
    """What tells one login from another: when it was, by whichever clock."""
    return _ms(conversation.binding.bound_at) if conversation.binding else 0
