"""An SMS provider with phones: signs what a phone writes and takes what we send (docs/channels/sms.md)."""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import Any

import aiohttp
from aiohttp import web

from connectors.http import json_response, raw_request
from connectors.parsing import json_object
from connectors.simulators.feed import Feed
from connectors.sms.parts import split_sms
from connectors.sms.signing import Account, Verifier, sign
from switchboard.errors import BadInput
from switchboard.ports import Clock


class SmsProvider:
    """`gateway_url` is where messages of phones are posted to. `refuse_next` makes the next sends fail, for tests."""

    def __init__(self, account: Account, gateway_url: str, http: aiohttp.ClientSession, clock: Clock) -> None:
        self.feed = Feed()
        self.refuse_next: list[tuple[int, str]] = []
        self.delivered: list[dict[str, Any]] = []
        self._account = account
        self._gateway_url = gateway_url
        self._http = http
        self._clock = clock
        self._verifier = Verifier(account.secret, clock)
        self._seen: dict[str, str] = {}
        self._parts: dict[tuple[str, str], dict[int, str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def write(self, msisdn: str, text: str) -> bool:
        """A phone sends a text, in parts if it is long. True once the gateway stored all of it."""
        parts = split_sms(text)
        await self.feed.add(msisdn, "theirs", text, parts=len(parts))
        reference, stored = secrets.token_hex(4), True
        for number, part in enumerate(parts, 1):
            body: dict[str, Any] = {
                "id": secrets.token_hex(8),
                "from": msisdn,
                "to": self._account.sender,
                "text": part,
            }
            if len(parts) > 1:
                body["part"] = {"reference": reference, "number": number, "total": len(parts)}
            stored = await self.post("/sms/mo", body) == 200 and stored
        return stored

    async def post(self, path: str, body: dict[str, Any]) -> int:
        """Post a signed body to the gateway; the HTTP status."""
        payload = json.dumps(body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", **sign(self._account.secret, payload, self._clock)}
        timeout = aiohttp.ClientTimeout(total=10)
        async with self._http.post(
            self._gateway_url + path, data=payload, headers=headers, timeout=timeout
        ) as response:
            return response.status

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Where the SMS adapter posts to. The same id again is answered as before and shown once."""
        raw = await raw_request(request)
        self._verifier.check(raw.headers, raw.body)
        body = json_object(raw.body)
        if self.refuse_next:
            status, reason = self.refuse_next.pop(0)
            return json_response({"error": reason}, status)
        identifier, to = str(body.get("id", "")), str(body.get("to", ""))
        if not identifier or not to.startswith("+"):
            raise BadInput("id and to are needed")
        if identifier not in self._seen:
            self._seen[identifier] = f"p{secrets.token_hex(8)}"
            self.delivered.append(body)
            await self._show(to, body)
            self._later(self.post("/sms/receipt", {"id": self._seen[identifier], "state": "delivered"}))
        return json_response({"id": self._seen[identifier]})

    async def _show(self, to: str, body: dict[str, Any]) -> None:
        part = body.get("part")
        if not part:
            return await self.feed.add(to, "ours", str(body["text"]))
        parts = self._parts.setdefault((to, part["reference"]), {})
        parts[part["number"]] = str(body["text"])
        if len(parts) == part["total"]:
            del self._parts[(to, part["reference"])]
            await self.feed.add(to, "ours", "".join(parts[n] for n in sorted(parts)), parts=part["total"])

    def _later(self, receipt: Any) -> None:
        async def post() -> None:
            try:
                await receipt
            except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
                pass  # A provider that cannot bring a receipt gives up on it.

        task = asyncio.create_task(post())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
