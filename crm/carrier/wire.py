"""Who may speak: every request and every answer is signed, and is good once.

The signature is HMAC-SHA256, in hexadecimal, over the time, the nonce and the body, with a line feed between. An answer
is signed over the nonce of its request, so that an old answer proves nothing. Times are local, to the second.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime

from crm.carrier.fields import MOMENT
from crm.documents.scalars import BadDocument

APP, TIME, NONCE, SIGNATURE = "x-app-id", "x-timestamp", "x-nonce", "x-sign"
APP_ID = "renji"
MEDIA_TYPE = "application/json; charset=utf-8"
PAGE = 100
"""So many rows come at once."""
WINDOW_S = 300
MOST_NONCES = 200_000
_NONCE = re.compile(r"[0-9a-f]{32}")


class BadSignature(Exception):
    """`code` is the carrier's: 9001 wrong, 9002 heard before, 9003 too old or too new."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def signing_key(secret: str) -> bytes:
    """What both sides sign with. Not the secret itself, which goes over the wire as a bearer token elsewhere."""
    return hmac.new(secret.encode(), b"carrier-signature", hashlib.sha256).digest()


def signed(key: bytes, nonce: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers that prove who wrote `body`, and when."""
    time = MOMENT.write(now)
    return {APP: APP_ID, TIME: time, NONCE: nonce, SIGNATURE: _mac(key, time, nonce, body)}


def check(key: bytes, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The nonce of what somebody with our key wrote within the window. `headers` have lower-case names."""
    time, nonce, given = (headers.get(name, "") for name in (TIME, NONCE, SIGNATURE))
    if not hmac.compare_digest(_mac(key, time, nonce, body).encode(), given.encode("utf-8", "replace")):
        raise BadSignature("9001")
    if not _NONCE.fullmatch(nonce):
        raise BadSignature("9001")
    try:
        away_s = abs((MOMENT.read(time, TIME) - now).total_seconds())
    except BadDocument:
        raise BadSignature("9003") from None
    if away_s > WINDOW_S:
        raise BadSignature("9003")
    return nonce


class Nonces:
    """What was heard within the window; the oldest is forgotten first, and none while it could be heard again."""

    def __init__(self) -> None:
        self._heard: OrderedDict[str, datetime] = OrderedDict()

    def hear(self, nonce: str, now: datetime) -> None:
        """Raises BadSignature for one that was heard before, or when too many came to remember them all."""
        # A request may be dated a window ahead, and is good for another one from there.
        while self._heard and (now - next(iter(self._heard.values()))).total_seconds() > 2 * WINDOW_S:
            self._heard.popitem(last=False)
        if nonce in self._heard or len(self._heard) >= MOST_NONCES:
            raise BadSignature("9002")
        self._heard[nonce] = now


def _mac(key: bytes, time: str, nonce: str, body: bytes) -> str:
    said = b"\n".join((time.encode("utf-8", "replace"), nonce.encode("utf-8", "replace"), body))
    return hmac.new(key, said, hashlib.sha256).hexdigest()
