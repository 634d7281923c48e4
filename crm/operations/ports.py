"""What operations need from outside the CRM. The switchboard's Redis implements these structurally; the roots plug
them in.

Records are plain JSON objects, so that neither side imports the other's types.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

Clock = Callable[[], datetime]

QuoteState = Literal["issued", "shown", "consumed", "void"]
CodeCheck = Literal["ok", "wrong", "locked", "expired", "none"]


class Quotes(Protocol):
    """Offers to act, kept with their conversation. A quote is issued here, becomes shown when the channel took the
    message that shows it, and is consumed once. Take-over, failed send, expiry or another topic void it.
    """

    async def issue(self, conversation: str, quote_id: str, body: Mapping[str, Any], ttl_s: int) -> None:
        """Store; voids any other open quote of this conversation."""

    async def get(self, conversation: str, quote_id: str) -> dict[str, Any] | None:
        """The body plus `state` (QuoteState) and `reason` when void; None when it never was or has expired for good."""

    async def was_shown(self, conversation: str, quote_id: str, before: str, timeout_s: float = 2.0) -> bool:
        """Whether it is shown, and its channel was handed it before the message at that place in the log came: nobody
        agrees to what they could not see. Any time counts where `before` is empty.

        Waits a little for the note that the channel took it, which a quick yes can overtake.
        """

    async def consume(self, conversation: str, quote_id: str, message_id: str) -> bool:
        """shown → consumed. True for the message that consumed it, each time it is tried again; False for any other."""

    async def void(self, conversation: str, quote_id: str, reason: str) -> None: ...


class StepUps(Protocol):
    """One-time codes: six digits, one open per (conversation, operation); stored as HMAC; wrong tries and resends are
    counted per number.
    """

    async def issue(
        self, conversation: str, operation: str, msisdn: str, code: str, facts: Mapping[str, Any], ttl_s: int
    ) -> Literal["ok", "too_soon", "too_many", "locked"]:
        """`facts` (quote id, amount, number) come back from `check`. too_soon: 60 s apart; too_many: 5 an hour or 10
        a day per number.

        A resend does not reset the count of wrong tries.
        """

    async def check(
        self, conversation: str, operation: str, msisdn: str, code: str, message_id: str
    ) -> tuple[CodeCheck, dict[str, Any]]:
        """One try. "ok" burns the code and gives its facts; the same message asks again and gets the same answer. 5
        wrong tries lock for 15 min.
        """

    async def cancel(self, conversation: str, operation: str) -> None: ...


class Vault(Protocol):
    """Secrets that masking cut out of a text, by their reference."""

    async def open(self, conversation: str, ref: str) -> str | None: ...

    async def show(self, conversation: str, secret: str) -> str:
        """Words for a reply that stand for a secret: the channel shows it, whatever is kept of the reply does not."""

    async def burn(self, conversation: str, ref: str) -> None: ...


class Bindings(Protocol):
    """Which number an Address belongs to."""

    async def bind(
        self, conversation: str, msisdn: str, subscriber_id: str, proof: str, region: str, bound_in: str
    ) -> None:
        """`bound_in` is the id of the message that proved it: only its sender goes on with the session it came by."""

    async def unbind(self, conversation: str, reason: str, bound_in: str = "") -> None:
        """`bound_in` is the message that asked for it: only its sender goes on with the session it came by."""

    async def end_number(self, msisdn: str, subscriber_id: str, reason: str) -> None:
        """The number is this subscriber's now ("": nobody's): whoever else is bound to it, by any Address, is not any
        more."""


class Tell(Protocol):
    """Tells something about a number to every Address that is bound to it, and to the phone itself."""

    async def __call__(self, msisdn: str, response: str, values: Mapping[str, Any], dedupe: str) -> None: ...


async def tell_nobody(msisdn: str, response: str, values: Mapping[str, Any], dedupe: str) -> None:
    """Where no channel can be reached."""


class CodeSender(Protocol):
    """Sends a one-time code by SMS to a number; the code itself is stored nowhere in clear."""

    async def send_code(
        self, msisdn: str, code: str, response: str, values: Mapping[str, Any], language: str, dedupe: str
    ) -> None: ...


class Notifier(Protocol):
    """Tells a number something that nobody asked for just now, by SMS, once a dedupe key."""

    async def tell(self, msisdn: str, response: str, values: Mapping[str, Any], language: str, dedupe: str) -> None: ...


class Silent:
    """The Notifier where nothing can be sent."""

    async def tell(self, msisdn: str, response: str, values: Mapping[str, Any], language: str, dedupe: str) -> None:
        return None


SILENT = Silent()


class Locks(Protocol):
    """Numbers for which nothing is transacted for a while, since somebody else may hold what proves them."""

    async def lock(self, msisdn: str, until: datetime) -> None:
        """A lock that lasts longer already stays."""

    async def until(self, msisdn: str) -> datetime | None:
        """None where nothing is locked."""


class NoLocks:
    """Where nothing is ever locked."""

    async def lock(self, msisdn: str, until: datetime) -> None:
        return None

    async def until(self, msisdn: str) -> datetime | None:
        return None


NO_LOCKS = NoLocks()


class Once(Protocol):
    """Remembers the answer of a write by (conversation, message id, operation) for 48 h."""

    async def recall(self, conversation: str, message_id: str, operation: str) -> dict[str, Any] | None: ...

    async def keep(self, conversation: str, message_id: str, operation: str, answer: Mapping[str, Any]) -> None: ...


DoneKind = Literal["order", "top_up", "invoice"]


class Asking(Protocol):
    """Asks some of those whose transaction is done whether it solved what they wanted."""

    async def solved(
        self, msisdn: str, subscriber: str, name: str, order: str, language: str, kind: DoneKind = "order"
    ) -> None:
        """At most once an `order`, the id of what was done; some time later, and only who wants to be asked.

        `name` is what was ordered, the fen that were topped up, or the month of the invoice. Never raises.
        """


class AskingNobody:
    """The port where nobody is asked."""

    async def solved(
        self, msisdn: str, subscriber: str, name: str, order: str, language: str, kind: DoneKind = "order"
    ) -> None:
        return None


class SentMessages(Protocol):
    """What was really sent to a number, by SMS and at other Addresses that are its. `sender` is the number that an SMS
    comes from."""

    sender: str

    async def to(self, msisdn: str, since: datetime, asking: str) -> Mapping[str, Any] | None:
        """`messages`, newest first: `at`, `text`, `whole` (as the phone showed it, with signature, link and choices),
        `response` (the name of its wording, or ""). `all` is false where there may be more that came from us. `asking`
        is the conversation that asks. None where nobody keeps it. Raises Unavailable.
        """


class NothingKept:
    """The port where nobody knows what was sent."""

    sender = ""

    async def to(self, msisdn: str, since: datetime, asking: str) -> Mapping[str, Any] | None:
        return None


class Incidents(Protocol):
    """Known outages, and what is reported alike without one."""

    async def at(self, region: str) -> Sequence[Mapping[str, Any]]:
        """Those of a province now: `id`, `city` ("" for all of it), `covers` (kinds of service that fail by it),
        `words` by language, `since` and `until` as ISO moments, `until` "" where nobody knows.
        """

    async def follow(self, conversation: str, incident: str, language: str) -> bool:
        """Tell this conversation when it works again. False when it is over already."""

    async def report(self, conversation: str, region: str, city: str, service: str) -> None:
        """Somebody has this fault, and no known outage explains it."""


class NoIncidents:
    """The port where nobody keeps outages."""

    async def at(self, region: str) -> Sequence[Mapping[str, Any]]:
        return ()

    async def follow(self, conversation: str, incident: str, language: str) -> bool:
        return False

    async def report(self, conversation: str, region: str, city: str, service: str) -> None:
        return None


class Reminders(Protocol):
    """Which notices somebody wants."""

    async def end(self, msisdn: str, subscriber: str, topic: str, off: bool, how: Mapping[str, Any]) -> None:
        """Kept as evidence of the person's wish; off again and on again are later wishes."""

    async def said(self, msisdn: str, subscriber: str) -> Mapping[str, Mapping[str, Any]]:
        """What they said last of each topic: `state` on or off, `at`, `channel`, `version` of what they had read."""


class NoReminders:
    """The port where no notices are said."""

    async def end(self, msisdn: str, subscriber: str, topic: str, off: bool, how: Mapping[str, Any]) -> None:
        return None

    async def said(self, msisdn: str, subscriber: str) -> Mapping[str, Mapping[str, Any]]:
        return {}
