"""The web channel's adapter: what a browser or a REST caller sends, and the outbox that browsers read."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from connectors.parsing import json_object, message_text, text_field
from connectors.web.sessions import Session, Sessions
from switchboard.errors import BadInput, ChannelUnreachable, StoreUnavailable
from switchboard.model import Address, ChannelEvent, InboundMessage, OutboundMessage
from switchboard.ports import Answer, Capabilities, Clock, PartResult, RawRequest, Received, WebOutbox

REST_PATH = "/webhooks/rest/webhook"
UNSIGNED = "rest:"
"""Address ids that start so are names that a REST caller chose; see Address.proven."""
_CLIENT_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_SENDER = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,128}")
_PICK = re.compile(r"/pick:([0-9]{1,3}):([0-9A-Za-z._-]{1,64})")
_CHOICE = re.compile(r"[0-9A-Za-z._-]{1,64}")
_STORED = Answer(200, b'{"stored": true}', "application/json")
_REFUSED = Answer(503, b'{"stored": false, "error": "try again"}', "application/json")


class WebAdapter:
    """Takes REST bodies, and socket events as RawRequest with method EVENT and a body that holds `session_id`."""

    name = "web"
    route = "web"

    def __init__(self, outbox: WebOutbox, key: bytes, clock: Clock) -> None:
        self._outbox = outbox
        self._clock = clock
        self.sessions = Sessions(key, clock)

    def receive(self, raw: RawRequest) -> Received:
        """Raises BadInput, 401 for an event of no session of ours."""
        data = json_object(raw.body)
        if raw.method == "EVENT":
            item = self._event(raw.path, data)
        else:
            item = self._rest(data)
        return Received((item,), _STORED, _REFUSED)

    def _rest(self, data: Mapping[str, Any]) -> InboundMessage:
        sender = text_field(data, "sender", 256)
        session = self.sessions.read(sender)
        if session is not None:
            return self._message(session.address, data, secrets.token_hex(16))
        if not _SENDER.fullmatch(sender):
            raise BadInput("sender must be 1 to 128 characters")
        return self._message(Address("web", UNSIGNED + sender), data, secrets.token_hex(16))

    def _event(self, name: str, data: Mapping[str, Any]) -> InboundMessage | ChannelEvent:
        session = self._session(data)
        if name == "session_start":
            values = {"language": language} if (language := data.get("language")) in ("zh", "en") else {}
            return ChannelEvent(f"web:{session.id}:start", session.address, "session_start", self._clock(), values)
        if name != "user_uttered":
            raise BadInput("unknown event")
        custom = data.get("customData")
        custom = custom if isinstance(custom, dict) else {}
        client = custom.get("client_id")
        if client is not None and not (isinstance(client, str) and _CLIENT_ID.fullmatch(client)):
            raise BadInput("client_id must be 1 to 64 letters, digits, - or _")
        return self._message(session.address, data, client or secrets.token_hex(16), custom.get("token"))

    def _session(self, data: Mapping[str, Any]) -> Session:
        session = self.sessions.read(data.get("session_id"))
        if session is None:
            raise BadInput("session_id is not one of ours", 401)
        return session

    def _message(self, address: Address, data: Mapping[str, Any], client: str, token: object = None) -> InboundMessage:
        text = text_field(data, "message", 16_384)
        picked = _PICK.fullmatch(text)
        # Widgets made for Rasa send a button's payload as if the person had typed it.
        if picked:
            text, token = picked[1], picked[2]
        if token is not None and not (isinstance(token, str) and _CHOICE.fullmatch(token)):
            raise BadInput("token is malformed")
        return InboundMessage(f"web:{address.id}:{client}", address, message_text(text), self._clock(), token)

    async def send(self, message: OutboundMessage, skip_parts: frozenset[int] = frozenset()) -> list[PartResult]:
        """One part: the position in the outbox. The browser need not be there; it reads on when it comes back."""
        if 1 in skip_parts:
            return []
        try:
            return [PartResult(1, await self._outbox.put(message))]
        except StoreUnavailable as error:
            raise ChannelUnreachable("web outbox") from error

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        yield

    def capabilities(self, address: Address) -> Capabilities:
        return Capabilities(
            buttons=True, links=True, max_text=4000, media=frozenset({"image"}), receipts=False, keeps=True
        )


def payload(number: int, token: str) -> str:
    """What a Rasa widget sends back when its button is pressed."""
    return f"/pick:{number}:{token}"
