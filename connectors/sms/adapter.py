"""The SMS channel by a plain HTTP provider. A number is believed only from a signed body."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from connectors.channel import Numbered, language_of
from connectors.parsing import json_object, message_text, moment, text_field
from connectors.sms.parts import split_sms
from connectors.sms.signing import Account, Verifier, sign
from switchboard.errors import AddressGone, BadInput, ChannelThrottled, ChannelUnreachable, SendError
from switchboard.model import Address, Inbound, InboundMessage, MessagePart, OutboundMessage, Receipt
from switchboard.ports import Answer, Capabilities, Clock, PartResult, RawRequest, Received

_ID = re.compile(r"[\x21-\x7e]{1,64}")
_NUMBER = re.compile(r"\+?[0-9]{6,15}")
_STORED = Answer(200, b'{"stored": true}', "application/json")
_REFUSED = Answer(503, b'{"stored": false, "error": "try again"}', "application/json")
_GONE = frozenset({"unknown_number", "blocked", "opted_out"})


class SmsAdapter:
    """`POST /sms/mo` brings messages, `POST /sms/receipt` receipts; `send` posts each part to the provider."""

    name = "sms"
    route = "sms"

    def __init__(self, account: Account, http: aiohttp.ClientSession, numbered: Numbered, clock: Clock) -> None:
        self._account = account
        self._http = http
        self._numbered = numbered
        self._clock = clock
        self._verifier = Verifier(account.secret, clock)

    def receive(self, raw: RawRequest) -> Received:
        """Raises BadInput: 401 for what is not signed by the provider, 400 for what cannot be read."""
        self._verifier.check(raw.headers, raw.body)
        data = json_object(raw.body)
        item = self._receipt(data) if raw.path == "/sms/receipt" else self._message(data)
        return Received((item,) if item else (), _STORED, _REFUSED)

    def _message(self, data: Mapping[str, Any]) -> Inbound | None:
        identifier, sender = _identifier(data), msisdn(text_field(data, "from", 32))
        # A text from our own number is one of ours that came back: answering it would never end.
        if sender in (self._account.sender, msisdn(self._account.sender)):
            return None
        address, text = Address("sms", sender), message_text(text_field(data, "text", 65_536))
        at = moment(_integer(data, "at")) if "at" in data else self._clock()
        if data.get("part") is None:
            return InboundMessage(f"sms:{identifier}", address, text, at)
        part = data["part"]
        if not isinstance(part, dict):
            raise BadInput("part must be an object")
        number, total = _integer(part, "number"), _integer(part, "total")
        if not (1 <= number <= total <= 255):
            raise BadInput("part number must be between 1 and total, total at most 255")
        reference = _identifier(part, "reference")
        if total == 1:
            return InboundMessage(f"sms:{identifier}", address, text, at)
        return MessagePart(f"sms:{identifier}", address, reference, number, total, text, at)

    def _receipt(self, data: Mapping[str, Any]) -> Inbound:
        identifier, state = _identifier(data), data.get("state")
        if state not in ("delivered", "failed"):
            raise BadInput("state must be delivered or failed")
        reason = message_text(text_field(data, "reason", 200, ""))
        return Receipt(f"sms:receipt:{identifier}:{state}", "sms", identifier, state, self._clock(), reason)

    async def send(self, message: OutboundMessage, skip_parts: frozenset[int] = frozenset()) -> list[PartResult]:
        """Parts count from 1. The provider's request id is ours, so that a retry after a time-out is not sent twice."""
        text = self._numbered(message.reply, message.language or language_of(message.reply.text))
        parts = split_sms(self._account.signature + text)
        results: list[PartResult] = []
        for number, part in enumerate(parts, 1):
            if number in skip_parts:
                continue
            try:
                results.append(PartResult(number, await self._post(message, part, number, len(parts))))
            except SendError as error:
                if not results:
                    raise
                # The rest would arrive before this one: the caller retries from here.
                late = (n for n in range(number, len(parts) + 1) if n not in skip_parts)
                return [*results, *(PartResult(n, error=str(error)) for n in late)]
        return results

    async def _post(self, message: OutboundMessage, text: str, number: int, total: int) -> str:
        body: dict[str, Any] = {
            "id": f"{message.id}.{number}",
            "from": self._account.sender,
            "to": message.address.id,
            "text": text,
        }
        if total > 1:
            body["part"] = {"reference": message.id, "number": number, "total": total}
        payload = json.dumps(body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", **sign(self._account.secret, payload, self._clock)}
        try:
            timeout = aiohttp.ClientTimeout(total=8)
            async with self._http.post(
                self._account.send_url, data=payload, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                return _provider_id(response, await response.content.read(65_536))
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            raise ChannelUnreachable(f"SMS provider: {type(error).__name__}") from error

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        yield

    def capabilities(self, address: Address) -> Capabilities:
        return Capabilities(buttons=False, links=False, max_text=335)


def msisdn(number: str) -> str:
    """A number as E.164: 13800000000, 8613800000000 and +8613800000000 are one. Raises BadInput for anything else."""
    if not _NUMBER.fullmatch(number):
        raise BadInput("from is not a phone number")
    digits = number.lstrip("+")
    if len(digits) == 11 and digits.startswith("1") and not number.startswith("+"):
        return f"+86{digits}"
    return f"+{digits}"


def _identifier(data: Mapping[str, Any], name: str = "id") -> str:
    value = data.get(name)
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise BadInput(f"{name} must be 1 to 64 visible ASCII characters")
    return value


def _integer(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadInput(f"{name} must be an integer")
    return value


def _provider_id(response: aiohttp.ClientResponse, body: bytes) -> str:
    """The provider's id of an accepted part; its refusals become the tree of SendError."""
    if response.status == 429:
        after = response.headers.get("Retry-After", "")
        raise ChannelThrottled("SMS provider: slow down", float(after) if re.fullmatch(r"[0-9]{1,4}", after) else 1.0)
    if response.status >= 500 or response.status == 408:
        raise ChannelUnreachable(f"SMS provider: {response.status}")
    try:
        data = json_object(body)
    except BadInput as error:
        raise ChannelUnreachable("SMS provider: unreadable answer") from error
    if response.status != 200:
        reason = str(data.get("error", ""))[:64]
        raise (AddressGone if reason in _GONE else SendError)(f"SMS provider: {response.status} {reason}")
    return str(data.get("id", ""))[:64]
