"""In-memory stores with the same contract as the Redis ones: for tests, and for trying operations without a server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from crm.errors import Unavailable
from crm.operations.ports import Clock, CodeCheck, DoneKind

TRIES = 5
LOCK = timedelta(minutes=15)
APART = timedelta(seconds=60)


class FakeQuotes:
    """`show` stands for the channel that took the message."""

    def __init__(self) -> None:
        self.bodies: dict[tuple[str, str], dict[str, Any]] = {}

    async def issue(self, conversation: str, quote_id: str, body: Mapping[str, Any], ttl_s: int) -> None:
        for (talk, other), known in self.bodies.items():
            if talk == conversation and other != quote_id and known["state"] in ("issued", "shown"):
                known.update(state="void", reason="replaced")
        self.bodies.setdefault((conversation, quote_id), {**body, "state": "issued"})

    async def get(self, conversation: str, quote_id: str) -> dict[str, Any] | None:
        return self.bodies.get((conversation, quote_id))

    def show(self, conversation: str, quote_id: str, after: str = "0-0") -> None:
        """The message that shows it went out when that was the last place of the log."""
        body = self.bodies[conversation, quote_id]
        if body["state"] == "issued":
            body.update(state="shown", shown_after=after)

    async def was_shown(self, conversation: str, quote_id: str, before: str, timeout_s: float = 2.0) -> bool:
        body = self.bodies.get((conversation, quote_id))
        return body is not None and body["state"] == "shown" and (not before or body["shown_after"] < before)

    async def consume(self, conversation: str, quote_id: str, message_id: str) -> bool:
        body = self.bodies.get((conversation, quote_id))
        if body is None or body["state"] in ("issued", "void"):
            return False
        if body["state"] == "shown":
            body.update(state="consumed", by=message_id)
        return body["by"] == message_id

    async def void(self, conversation: str, quote_id: str, reason: str) -> None:
        body = self.bodies.get((conversation, quote_id))
        if body and body["state"] in ("issued", "shown"):
            body.update(state="void", reason=reason)


@dataclass
class _Code:
    msisdn: str
    code: str
    facts: dict[str, Any]
    expires_at: Any
    answers: dict[str, tuple[CodeCheck, dict[str, Any]]] = field(default_factory=dict)
    burnt: bool = False


class FakeStepUps:
    def __init__(self, now: Clock) -> None:
        self.now = now
        self.codes: dict[tuple[str, str], _Code] = {}
        self.sent: dict[str, list[Any]] = {}
        self.wrong: dict[str, int] = {}
        self.locked: dict[str, Any] = {}

    async def issue(
        self, conversation: str, operation: str, msisdn: str, code: str, facts: Mapping[str, Any], ttl_s: int
    ) -> Literal["ok", "too_soon", "too_many", "locked"]:
        now, sent = self.now(), self.sent.setdefault(msisdn, [])
        if self._is_locked(msisdn):
            return "locked"
        if sent and now - sent[-1] < APART:
            return "too_soon"
        if (
            sum(now - at < timedelta(hours=1) for at in sent) >= 5
            or sum(now - at < timedelta(days=1) for at in sent) >= 10
        ):
            return "too_many"
        sent.append(now)
        self.codes[conversation, operation] = _Code(msisdn, code, dict(facts), now + timedelta(seconds=ttl_s))
        return "ok"

    async def check(
        self, conversation: str, operation: str, msisdn: str, code: str, message_id: str
    ) -> tuple[CodeCheck, dict[str, Any]]:
        known = self.codes.get((conversation, operation))
        if known and message_id in known.answers:
            return known.answers[message_id]
        if self._is_locked(msisdn):
            return "locked", {}
        if known is None or known.burnt or known.msisdn != msisdn:
            return "none", {}
        if known.expires_at <= self.now():
            return "expired", {}
        answer: tuple[CodeCheck, dict[str, Any]] = ("ok", known.facts)
        if known.code != code:
            self.wrong[msisdn] = self.wrong.get(msisdn, 0) + 1
            if self.wrong[msisdn] >= TRIES:
                self.locked[msisdn] = self.now() + LOCK
            answer = ("locked" if self._is_locked(msisdn) else "wrong", {})
        else:
            known.burnt = True
            # The next code after a used one is not a resend.
            self.sent[msisdn][-1] -= APART
            self.wrong.pop(msisdn, None)
        known.answers[message_id] = answer
        return answer

    async def cancel(self, conversation: str, operation: str) -> None:
        self.codes.pop((conversation, operation), None)

    def _is_locked(self, msisdn: str) -> bool:
        until = self.locked.get(msisdn)
        return until is not None and until > self.now()


class FakeVault:
    def __init__(self) -> None:
        self.values: dict[tuple[str, str], str] = {}

    async def open(self, conversation: str, ref: str) -> str | None:
        return self.values.get((conversation, ref))

    async def show(self, conversation: str, secret: str) -> str:
        ref = f"shown{len(self.values)}"
        self.values[conversation, ref] = secret
        return f"⟦shown:{ref}⟧"

    async def burn(self, conversation: str, ref: str) -> None:
        self.values.pop((conversation, ref), None)


class FakeBindings:
    def __init__(self) -> None:
        self.bound: dict[str, tuple[str, str, str, str]] = {}
        self.bound_in: dict[str, str] = {}
        self.ended: list[tuple[str, str]] = []

    async def bind(
        self, conversation: str, msisdn: str, subscriber_id: str, proof: str, region: str, bound_in: str
    ) -> None:
        self.bound[conversation] = (msisdn, subscriber_id, proof, region)
        self.bound_in[conversation] = bound_in

    async def unbind(self, conversation: str, reason: str, bound_in: str = "") -> None:
        self.bound.pop(conversation, None)
        self.ended.append((conversation, reason))

    async def end_number(self, msisdn: str, subscriber_id: str, reason: str) -> None:
        for conversation, (number, subscriber, *_) in list(self.bound.items()):
            if number == msisdn and subscriber != subscriber_id:
                await self.unbind(conversation, reason)


class FakeLocks:
    def __init__(self, now: Clock) -> None:
        self.now = now
        self.locked: dict[str, datetime] = {}

    async def lock(self, msisdn: str, until: datetime) -> None:
        self.locked[msisdn] = max(until, self.locked.get(msisdn, until))

    async def until(self, msisdn: str) -> datetime | None:
        until = self.locked.get(msisdn)
        return until if until and until > self.now() else None


class FakeCodeSender:
    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str, dict[str, Any]]] = []
        self.seen: set[str] = set()

    async def send_code(
        self, msisdn: str, code: str, response: str, values: Mapping[str, Any], language: str, dedupe: str
    ) -> None:
        if dedupe not in self.seen:
            self.seen.add(dedupe)
            self.sent.append((msisdn, code, response, dict(values)))


class FakeOnce:
    def __init__(self) -> None:
        self.answers: dict[tuple[str, str, str], dict[str, Any]] = {}

    async def recall(self, conversation: str, message_id: str, operation: str) -> dict[str, Any] | None:
        return self.answers.get((conversation, message_id, operation))

    async def keep(self, conversation: str, message_id: str, operation: str, answer: Mapping[str, Any]) -> None:
        self.answers.setdefault((conversation, message_id, operation), dict(answer))


class FakeNotifier:
    """`told`: what was told, each dedupe key once."""

    def __init__(self) -> None:
        self.told: dict[str, tuple[str, str, dict[str, Any]]] = {}

    async def tell(self, msisdn: str, response: str, values: Mapping[str, Any], language: str, dedupe: str) -> None:
        self.told.setdefault(dedupe, (msisdn, response, dict(values)))


class FakeAsking:
    """`asked`: about what was asked, in order; `kinds`: what that was."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.kinds: list[str] = []

    async def solved(
        self, msisdn: str, subscriber: str, name: str, order: str, language: str, kind: DoneKind = "order"
    ) -> None:
        self.asked.append((msisdn, name, order))
        self.kinds.append(kind)


class FakeSent:
    """`messages` of every number, newest first; `away` makes it Unavailable, `more` there may be more."""

    sender = "10690000"

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.away = self.more = False

    async def to(self, msisdn: str, since: datetime, asking: str) -> dict[str, Any]:
        if self.away:
            raise Unavailable("away")
        found = [one for one in self.messages if one["msisdn"] == msisdn and one["at"] >= since]
        return {"messages": found, "all": not self.more}


class FakeIncidents:
    """`open` by province; `followed` and `reported` are what came."""

    def __init__(self) -> None:
        self.open: dict[str, list[dict[str, Any]]] = {}
        self.followed: list[tuple[str, str, str]] = []
        self.reported: list[tuple[str, str, str, str]] = []

    async def at(self, region: str) -> list[dict[str, Any]]:
        return self.open.get(region, [])

    async def follow(self, conversation: str, incident: str, language: str) -> bool:
        if not any(one["id"] == incident for found in self.open.values() for one in found):
            return False
        self.followed.append((conversation, incident, language))
        return True

    async def report(self, conversation: str, region: str, city: str, service: str) -> None:
        self.reported.append((conversation, region, city, service))


class FakeReminders:
    """`ended` is what was wished, in order."""

    def __init__(self) -> None:
        self.ended: list[dict[str, Any]] = []

    async def end(self, msisdn: str, subscriber: str, topic: str, off: bool, how: Mapping[str, Any]) -> None:
        self.ended.append({"msisdn": msisdn, "subscriber": subscriber, "topic": topic, "off": off, **how})

    async def said(self, msisdn: str, subscriber: str) -> Mapping[str, Mapping[str, Any]]:
        mine = [one for one in self.ended if (one["msisdn"], one["subscriber"]) == (msisdn, subscriber)]
        return {one["topic"]: {**one, "state": "off" if one["off"] else "on"} for one in mine}
