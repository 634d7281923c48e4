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

from switchboard.model import Address, Binding, OutboundMessage
from switchboard.ports import Clock

LIFE_S = 30 * 24 * 3600
_TOKEN = re.compile(r"([0-9a-f]{32})\.([0-9]{13})\.([0-9a-f]{64})")


@dataclass(frozen=True)
class Session:
    """A verified session. `issued_at` is when its token was issued."""

    id: str
    issued_at: datetime

    @property
    def address(self) -> Address:
        return Address("web", self.id)

    def outlived(self, binding: Binding | None) -> bool:
        """True if somebody logged in after this token was issued."""
        return binding is not None and binding.bound_at > self.issued_at


class Sessions:
    """Issues and verifies tokens under the installation's key."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def new(self) -> Session:
        return self.renewed(secrets.token_hex(16))

    def renewed(self, identifier: str, after: datetime | None = None) -> Session:
        """The same session under a token of now, and later than `after` where another machine's clock is ahead."""
        issued = int(self._clock().timestamp() * 1000)
        return Session(identifier, _moment(max(issued, int(after.timestamp() * 1000) + 1) if after else issued))

    def token(self, session: Session) -> str:
        body = f"{session.id}.{int(session.issued_at.timestamp() * 1000):013d}"
        return f"{body}.{self._sign(body)}"

    def read(self, token: object) -> Session | None:
        """The session, or None for what we did not issue or what is older than 30 days."""
        match = _TOKEN.fullmatch(token) if isinstance(token, str) else None
        if match is None or not hmac.compare_digest(self._sign(f"{match[1]}.{match[2]}"), match[3]):
            return None
        session = Session(match[1], _moment(int(match[2])))
        return session if (self._clock() - session.issued_at).total_seconds() < LIFE_S else None

    def _sign(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest()


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc)


def login_message(binding: Binding, messages: Sequence[OutboundMessage]) -> str | None:
    """The id of the message that led to the binding, told by its reply: the first since then that answers anything."""
    return next((m.in_reply_to for m in messages if m.in_reply_to and m.at >= binding.bound_at), None)
