"""An invoice: which month, for whom, with which tax number, to which e-mail; then a yes."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, ClassVar

from rasa_sdk.events import FollowupAction, SlotSet

from bot.actions import invoice_sent, references, reversal
from bot.actions.fault import wants_else
from bot.actions.follow_ups import follow_up
from bot.actions.form import OVER, UNCLEAR, Form
from bot.actions.from_to import says
from bot.actions.invoice_said import HIDDEN, NO_COMPANY, PERSONAL, for_a_company, name_in, said
from bot.actions.own_only import refuses_other
from bot.actions.refusals import refuse
from bot.actions.registry import ALWAYS
from bot.actions.skill import Skill, clear_form
from bot.actions.turn import Event, Turn
from crm.invoicing import is_tax_id, may_reverse
from crm.operations import invoice, reads
from crm.operations.results import Refusal

MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")
YES = re.compile(
    r"(?:(?:是的?|对|好的?|嗯|行)[,，\s]*)?(?:确认|確認)(?:开票|開票|开具|开发票)?(?:吧|了)?[。.!！]*|(?:好的?|行|对|是的?)[,，\s]*开吧"
)
"""The words of the button, which sound like the wish itself."""
SHOWN = 3
TAKE_BACK = "take_back:"
"""Before the id of an invoice, in what can be tapped under the list of them."""
COMPANY = re.compile(
    r"[^我你您吗呢，。？！,?!]{2,}(?:公司|集团|厂|店|院|校|所|局|中心|合作社|商行|\b(?:ltd|co|inc|llc|gmbh)\.?)",
    re.IGNORECASE,
)
"""What can only be a name, whatever wish its words sound like."""
NO_NAME = frozenset({"complain", "appeal", "find_store"})
"""Wishes that speak of offices and shops themselves: "投诉到通信管理局", "查附近的店"."""
FOR_A_PERSON = re.compile(
    r"[就要我开写给]*(?:个人|私人)(?:的|抬头|名义|发票|吧|也?(?:行|可以|好)|就(?:行|可以|好|成)|了|呀|啊|[。!！,， ])*"
    r"|(?:for )?(?:personal|(?:an? )?(?:person|individual)|myself)",
    re.IGNORECASE,
)


_SPECIAL = re.compile(r"专票|專票|专用发票|專用發票|\bspecial (?:vat )?invoices?\b|\bvat special\b", re.IGNORECASE)
_REVERSED = re.compile(r"红冲|冲红|红字|紅沖|作废|作廢|重开|重開|\brevers|\bred.?letter|\bre-?issue", re.IGNORECASE)
_MISTAKEN = re.compile(r"开错|開錯|写错|寫錯|填错|填錯|\bwrong\b", re.IGNORECASE)
"""Something is wrong with an invoice only where there is one."""
_NOT_ISSUED = re.compile(
    r"哪些(?!月)|(?<!为)什么费|不能开|不让开|开不了|不给开|只给开|\bcan(?:not|'t) (?:be )?invoice|\bwhich charges\b",
    re.IGNORECASE,
)
"""A question of what can be invoiced at all."""


class IssueInvoice(Skill):
    wish = "invoice"
    ends_form = True

    def option(self, text: str) -> str:
        return _by_person(text) or (invoice_sent.ARRIVED if invoice_sent.asks(text) else "")

    async def attempt(self, turn: Turn) -> list[Event]:
        if turn.text:
            # Kept with the wish: after the login the words are gone.
            filled = await said(turn) | ({"company": True} if for_a_company(turn.text) else {})
            turn.entities |= {"filled": filled} if filled else {}
        return await super().attempt(turn)

    async def answer(self, turn: Turn) -> list[Event]:
        if refuses_other(turn, self.wish):
            return clear_form()
        option = str(turn.entities.get("option") or "")
        if option.startswith(TAKE_BACK):
            if (opened := await reversal.begin(turn, option.removeprefix(TAKE_BACK))) is not None:
                return [*clear_form(), *opened]
            option = "reversed"
        if option.startswith(invoice_sent.AGAIN):
            await invoice_sent.send_again(turn, option)
            return clear_form()
        if await tell_by_person(turn, option):
            return clear_form()
        if option == invoice_sent.ARRIVED:
            if (told := await invoice_sent.tell(turn)) is not None:
                return [*clear_form(), *told]
            turn.say("no_invoice_yet")
        months = {b.month for b in await invoice.months(turn.doors, turn.who)}
        if not months:
            turn.say("nothing_to_invoice_now")
            turn.outcome(self.wish, "answered")
            return clear_form()
        month = named(turn, months)
        filled = dict(turn.entities.get("filled") or {})
        first = {"id": turn.who.message_id, "company": bool(filled.pop("company", False))}
        slots = {"first": first, "kind": month, **filled}
        return [*clear_form(), *(SlotSet(name, value) for name, value in slots.items()), FollowupAction("invoice_form")]


def _by_person(text: str) -> str:
    """What a person has to do of it: special, reversed, mistaken; or asked, what cannot be invoiced; else ""."""
    for name, pattern in (("special", _SPECIAL), ("reversed", _REVERSED), ("mistaken", _MISTAKEN)):
        if says(pattern, text):
            return name
    return "asked" if _NOT_ISSUED.search(text) else ""


async def tell_by_person(turn: Turn, asked: str) -> bool:
    """Who does it and with what; a choice has them call, and it is told what was issued already.

    False, and nothing said, for what takes no person.
    """
    if asked == "asked":
        turn.say("not_invoiced")
        turn.outcome("invoice", "answered")
        return True
    if asked not in ("special", "reversed", "mistaken"):
        return False
    person = await reads.subscriber(turn.doors, turn.who)
    if asked == "special":
        turn.say("special_invoice", manager=person.account_manager or "")
    else:
        made = [one for one in await invoice.issued(turn.doors, turn.who) if not one.reversal]
        if asked == "mistaken" and not made:
            return False
        items = [{"id": one.id, "month": one.month, "fen": one.amount_fen} for one in made[:SHOWN]]
        able = {one.id for one in made if may_reverse(one, turn.doors.now())}
        here = [item for item in items if item["id"] in able]
        turn.say("reverse_invoice", items=items, here=here, done=None, manager=person.account_manager or "")
    turn.outcome("invoice", "refused")
    return True


class InvoiceForm(Form):
    """`kind` the month, `told` the title, `way` the tax number ("-" for a person), `means` the e-mail."""

    wish = "invoice"
    slots = ("kind", "told", "way", "means", "agreed")
    awaits: ClassVar[dict[str, str]] = {"way": "number"}
    otherwise: ClassVar[frozenset[str]] = frozenset(slots)

    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        if turn.intent == "deny":
            turn.say("declined")
            turn.outcome(self.wish, "abandoned")
            return OVER
        if taken_back := reversal.asked(turn.slot("first")):
            return await reversal.read(turn, taken_back)
        if "month" in turn.entities and (step == "kind" or _only_month(turn)):
            more = await said(turn) if step == "kind" else {}
            return {**more, "kind": named(turn, {b.month for b in await invoice.months(turn.doors, turn.who)})}
        text = unicodedata.normalize("NFKC", turn.text).strip()
        if _SPECIAL.search(text):
            if not says(_SPECIAL, text):
                return {}
            await tell_by_person(turn, "special")
            return OVER
        if step == "told":
            return self._title(turn, text, await said(turn))
        if step == "way":
            return await self._tax_id(turn, text)
        if changed := await said(turn):
            # Said again, it takes the place of what is shown: the yes is asked for anew.
            return {"agreed": None, **changed}
        return {"agreed": True} if step == "agreed" and (turn.intent == "affirm" or YES.fullmatch(text)) else None

    async def _back(self, turn: Turn, step: str) -> list[Event]:
        if reversal.asked(turn.slot("first")):
            return await self._stop(turn)
        # A person was not asked for a tax number: the question before the e-mail was the title.
        return await super()._back(turn, "way" if step == "means" and turn.slot("told") == PERSONAL else step)

    def _title(self, turn: Turn, text: str, more: dict[str, Any]) -> dict[str, Any] | None:
        if turn.entities.get("option") == PERSONAL or FOR_A_PERSON.fullmatch(text):
            return {"told": PERSONAL, "way": NO_COMPANY}
        if "told" in more:
            return more
        text = name_in(text) if more else text
        if more and len(text) < 2:
            return more
        if len(text) < 2 or follow_up(turn) or _wants_else(turn.intent, text):
            return None
        return {**more, "told": text[: invoice.MOST_TITLE]}

    async def _tax_id(self, turn: Turn, text: str) -> dict[str, Any] | None:
        hidden = HIDDEN.search(turn.text)
        opened = await turn.doors.vault.open(turn.who.conversation, hidden[1]) if hidden else text
        said = re.sub(r"[\s\-]", "", opened or "").upper()
        if is_tax_id(said):
            return {"way": said}
        if not re.fullmatch(r"[0-9A-Z]{10,25}", said):
            return None
        turn.say("refused_bad_tax_id")
        return {}

    async def ask(self, turn: Turn, step: str, known: dict[str, Any]) -> list[Event] | None:
        if step == "kind":
            months = await invoice.months(turn.doors, turn.who)
            turn.say("ask_invoice_month", items=[{"month": b.month, "total_fen": b.total_fen} for b in months])
        elif step == "agreed" and (taken_back := reversal.asked(known["first"])):
            return await reversal.ask(turn, taken_back)
        elif step == "agreed":
            amount_fen = await invoice.amount_fen(turn.doors, turn.who, known["kind"])
            if not amount_fen:
                turn.events += await refuse(turn, self.wish, Refusal("nothing_to_invoice", {"month": known["kind"]}))
                return None
            turn.say("confirm_invoice", amount_fen=amount_fen, **_told(known))
        elif step == "told":
            turn.say("ask_invoice_title", company=bool((known["first"] or {}).get("company")))
        else:
            turn.say({"way": "ask_invoice_tax", "means": "ask_invoice_mail"}[step])
        return []

    async def finish(self, turn: Turn, known: dict[str, Any]) -> list[Event]:
        told = _told(known)
        title = "个人" if told["personal"] else told["title"]
        wish = str((known.get("first") or {}).get("id") or turn.who.message_id)
        made = await invoice.issue(turn.doors, turn.who, told["month"], title, told["tax_id"], told["email"], wish)
        if isinstance(made, Refusal):
            turn.events += await refuse(turn, self.wish, made)
            return []
        turn.say("invoice_issued", invoice=made.id, amount_fen=made.amount_fen, **told)
        turn.outcome(self.wish, "done")
        return []


def _only_month(turn: Turn) -> bool:
    """Whether nothing but a month is said: names and addresses hold months too (杭州三月科技, li202405@qq.com)."""
    return not turn.text or references.points(turn.text, turn.words.get("month", ""), "发票", "开", "invoice")


def _wants_else(intent: str, text: str) -> bool:
    if intent in ALWAYS | NO_NAME:
        return True
    return wants_else(intent) and intent not in UNCLEAR and not COMPANY.fullmatch(text)


def named(turn: Turn, months: set[str]) -> str | None:
    """The month that was named; None for one that cannot be invoiced, which is then said."""
    month = str(turn.entities.get("month") or "")
    if month in months or not MONTH.fullmatch(month):
        return month if month in months else None
    turn.say("not_this_invoice", month=month)
    return None


def _told(known: dict[str, Any]) -> dict[str, Any]:
    personal = known["told"] == PERSONAL
    return {
        "month": known["kind"],
        "personal": personal,
        "title": "" if personal else known["told"],
        "tax_id": "" if known["way"] == NO_COMPANY else known["way"],
        "email": known["means"],
    }
