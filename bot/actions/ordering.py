"""The three steps of every order: choose, agree to what is shown, and prove it where the channel asks for a code."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from rasa_sdk.events import FollowupAction, SlotSet

from bot.actions.context import picked, points_back
from bot.actions.disputed import DISPUTED
from bot.actions.form import OVER, Form
from bot.actions.from_to import SAID, corrected, denies
from bot.actions.order_told import later, tell
from bot.actions.own_only import refuses_other
from bot.actions.plan import offered
from bot.actions.refusals import NO_MORE, refuse, still_waits
from bot.actions.shown import shows
from bot.actions.skill import Skill, clear_form
from bot.actions.trade import Trade, chosen
from bot.actions.turn import Event, Turn
from crm.operations import ordering
from crm.operations.quotes import Quote
from crm.operations.results import CodeSent, Done, Pending, Refusal

# The person may look at a fresh offer at once.
REQUOTE = frozenset({"price_changed", "quote_expired", "quote_void", "quote_not_shown"})
WAIT = frozenset({"code_wrong", "code_expired", "code_none", "code_too_soon"})
OTHERWISE = frozenset({"correct", "deny", "inform", "nlu_fallback", "order_data_pack", "change_plan", "open_service"})
"""What the name of another offering is read as while a code is awaited."""
SHOWN = 9
SHOWN_BY_SMS = 4


NAMED = tuple(name for name in SAID if name != "number")


def _is_other(turn: Turn) -> bool:
    """Whether something else than what waits for its code is named, or what waits is said to be wrong. A number alone
    is hardly a price there, unless words correct."""
    if "secret_code" in turn.entities or turn.intent not in OTHERWISE:
        return False
    corrects = turn.intent == "correct" or (turn.intent != "deny" and corrected(turn.text))
    return corrects or any(name in turn.entities for name in NAMED)


class OrderStart(Skill):
    """Opens the form with what was said already. `form`: the wish whose form it is, where it is not its own."""

    ends_form = True
    form: ClassVar[str] = ""
    trade: ClassVar[Trade]

    @abstractmethod
    def name(self) -> str: ...

    async def answer(self, turn: Turn) -> list[Event]:
        if refuses_other(turn, self.wish):
            return clear_form()
        filled = await self._chosen(turn)
        if filled is None:
            return clear_form()
        events = [SlotSet(name, value) for name, value in filled.items()]
        return [*clear_form(), *events, FollowupAction(f"{self.form or self.wish}_form")]

    async def _chosen(self, turn: Turn) -> dict[str, Any] | None:
        """Slots for what was said; None: it is over, and it was said why."""
        return await chosen(turn, self.form or self.wish, self.trade)


class OrderForm(Form):
    """`chosen` is an offering id, `agreed` the yes, `code` the step-up. Asking for the yes makes a quote."""

    slots = ("chosen", "agreed", "code")
    awaits: ClassVar[dict[str, str]] = {"code": "code"}
    trade: ClassVar[Trade]

    @abstractmethod
    def name(self) -> str: ...

    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        if turn.intent == self.wish and refuses_other(turn, self.wish):
            return {}
        if (pointed := await self._pointed(turn)) is not None:
            if pointed and turn.slot("quote"):
                await self.leave(turn, "changed")
            return pointed
        if step == "code" and not _is_other(turn):
            return await self._read_code(turn)
        if step == "code":
            # The code proves a yes to what is no longer wanted.
            await self.leave(turn, "changed")
        bare = turn.says_only(SAID)
        if turn.intent == "deny" and not bare and step != "code":
            return await self._no(turn)
        if step == "agreed" and turn.intent == "affirm":
            return await self._told(turn, await ordering.confirm(turn.doors, turn.who, turn.slot("quote") or ""))
        if not bare and turn.intent not in (self.wish, "inform", "correct", "deny", "nlu_fallback"):
            return None
        # What is said not to be meant chooses nothing; "not the 10 yuan one any more" does when it is to be cancelled.
        denied = self.wish != "cancel_data_pack" and denies(turn.text, [turn.words.get(key, "") for key in SAID])
        if denied:
            return {"agreed": None, "chosen": None, "among": None}
        if any(key in turn.entities for key in SAID):
            filled = await chosen(turn, self.wish, self.trade)
            return OVER if filled is None else {"agreed": None, **filled}
        if turn.intent == "correct":
            return {"chosen": None, "among": None}
        return {} if turn.intent == self.wish else None

    async def _pointed(self, turn: Turn) -> dict[str, Any] | None:
        """What "the cheaper one" or "the second" is, of what was listed here."""
        if not points_back(turn):
            return None
        offerings = await self.trade.offerings(turn)
        return await picked(turn, offerings, [o for o in offerings if self.trade.common(o) and not o.audience])

    async def ask(self, turn: Turn, step: str, known: dict[str, Any]) -> list[Event] | None:
        if step == "chosen":
            return await self._list(turn, known.get("among"))
        if step == "code":
            turn.say("code_ask")
            return []
        quote = await self.trade.quote(turn.doors, turn.who, known["chosen"])
        if isinstance(quote, Refusal):
            await self._refused(turn, str(known["chosen"]), quote)
            return None
        await self._show(turn, quote)
        return [SlotSet("quote", quote.id)]

    async def _refused(self, turn: Turn, offering_id: str, refusal: Refusal) -> None:
        """What was chosen cannot be had."""
        turn.events += await refuse(turn, self.wish, refusal)

    async def leave(self, turn: Turn, why: str) -> None:
        if turn.slot("quote"):
            await turn.doors.quotes.void(turn.who.conversation, turn.slot("quote"), why)
        await turn.doors.stepups.cancel(turn.who.conversation, self.wish)

    async def _list(self, turn: Turn, among: list[str] | None) -> list[Event] | None:
        offerings = await self.trade.offerings(turn)
        most = SHOWN_BY_SMS if turn.who.channel == "sms" else SHOWN
        listed = [o for o in offerings if not among or o.id in among][:most]
        if not listed:
            turn.say(f"nothing_to_{self.wish}")
            turn.outcome(self.wish, "refused")
            return None
        turn.say(f"ask_{self.wish}", items=[offered(o, turn.who.language) for o in listed])
        shows(turn, listed)
        return []

    async def _show(self, turn: Turn, quote: Quote) -> None:
        offering = await turn.doors.crm.offering(quote.items[0].offering_id, deadline=turn.doors.read_deadline())
        shows(turn, [offering], one=True)
        values = {**offered(offering, turn.who.language), "price_fen": quote.price_fen}
        if quote.items[0].action != "delete":
            values["monthly_fen"] = quote.monthly_fen
        turn.say(
            f"quote_{self.wish}",
            **values,
            provider=quote.provider.of(turn.who.language),
            msisdn=quote.msisdn,
            effective_at=later(turn, quote.effective_at),
            quote_id=quote.id,
            disputed=DISPUTED in (turn.filled.get("kind"), turn.slot("kind")),
        )

    async def _read_code(self, turn: Turn) -> dict[str, Any] | None:
        quote_id = turn.slot("quote") or ""
        if "secret_code" in turn.entities:
            ref = str(turn.entities["secret_code"])
            return await self._told(turn, await ordering.confirm_with_code(turn.doors, turn.who, quote_id, ref))
        if turn.intent in ("repeat", "login"):
            return await self._told(turn, await ordering.confirm(turn.doors, turn.who, quote_id))
        return await self._no(turn) if turn.intent == "deny" else None

    async def _told(self, turn: Turn, result: Done | Pending | CodeSent | Refusal) -> dict[str, Any]:
        if isinstance(result, CodeSent):
            turn.say("code_sent", msisdn=result.msisdn, minutes=result.minutes)
            turn.asked = True
            return {"agreed": True}
        if not isinstance(result, Refusal):
            tell(turn, self.wish, result)
            return OVER
        if result.code in REQUOTE:
            turn.say(f"refused_{result.code}", **result.values)
            return {"agreed": None}
        if result.code in NO_MORE and turn.slot("agreed"):
            return still_waits(turn, result)
        if result.code in WAIT:
            turn.say(f"refused_{result.code}", **result.values)
            return {}
        turn.events += await refuse(turn, self.wish, result)
        return OVER

    async def _no(self, turn: Turn) -> dict[str, Any]:
        await self.leave(turn, "declined")
        turn.say("declined")
        turn.outcome(self.wish, "abandoned")
        return OVER
