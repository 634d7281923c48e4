"""Web sessions: 128 random bits, the moment of issue and an HMAC. Whoever holds the token is the session.

A token is issued anew when the session's person logs in, and the older ones end then: a token that somebody planted in
another person's browser is worth nothing after that person logged in.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from switchboard.model import Address, Binding, Conversation, OutboundMessage
from switchboard.ports import Bound, Clock

LIFE_S = 30 * 24 * 3600
_TOKEN = re.compile(r"(([0-9a-f]{32})\.([0-9]{13})\.([0-9]{1,9}))\.([0-9a-f]{64})")


@dataclass(frozen=True)
class Session:
    """A verified session. `issued_at` and the conversation's `generation` are those of its token."""

    id: str
    issued_at: datetime
    generation: int = 0

    @property
    def address(self) -> Address:
        return Address("web", self.id)

    def outlived(self, conversation: Conversation | Bound | None) -> bool:
        """True if somebody logged in, or a generation of the conversation ended, after this token was issued."""
        if conversation is None:
            return False
        binding = conversation.binding
        return conversation.generation > self.generation or (binding is not None and binding.bound_at > self.issued_at)


class Sessions:
    """Issues and verifies tokens under the installation's key."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def new(self) -> Session:
        return Session(secrets.token_hex(16), _moment(self._now_ms()))

    def renewed(self, session: Session, conversation: Conversation | Bound) -> Session:
        """The same session under a token of now, and later than the login where another machine's clock is ahead."""
        bound = int(conversation.binding.bound_at.timestamp() * 1000) + 1 if conversation.binding else 0
        return Session(session.id, _moment(max(self._now_ms(), bound)), conversation.generation)

    def token(self, session: Session) -> str:
        body = f"{session.id}.{int(session.issued_at.timestamp() * 1000):013d}.{session.generation}"
        return f"{body}.{self._sign(body)}"

    def read(self, token: object) -> Session | None:
        """The session, or None for what we did not issue or what is older than 30 days."""
        match = _TOKEN.fullmatch(token) if isinstance(token, str) else None
        if match is None or not hmac.compare_digest(self._sign(match[1]), match[5]):
            return None
        session = Session(match[2], _moment(int(match[3])), int(match[4]))
        return session if (self._clock() - session.issued_at).total_seconds() < LIFE_S else None

    def _now_ms(self) -> int:
        return int(self._clock().timestamp() * 1000)

    def _sign(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest()


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc)


def login_message(binding: Binding | None, messages: Sequence[OutboundMessage]) -> str | None:
    """The id of the message that led to the binding, told by its reply: the first since then that answers anything."""
    if binding is None:
        return None
    return next((m.in_reply_to for m in messages if m.in_reply_to and m.at >= binding.bound_at), None)
