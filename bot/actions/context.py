"""Answers by what came before: "上个月呢" after a bill, "便宜点的" after a list, "尾号8888那个" after a balance.

It goes by the words alone (references.py), so it does not matter how they were understood. Nothing here acts: what
points at a transaction opens its form, whose question has to be agreed to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from bot.actions import amounts, arranged, besides, by_words, charge_named, next_words, pages, references, scam, tails
from bot.actions.follow_ups import UNREAD, follow_up
from bot.actions.other_number import do, of_other
from bot.actions.proofs import LEAVES
from bot.actions.references import Pick
from bot.actions.registry import skill_of
from bot.actions.shown import MOST, Item, Shown, further, item_of, listed, meant, recent_shown, recent_wish
from bot.actions.turn import PRICES, Event, Turn
from bot.actions.wiring import terms
from bot.actions.years import whole_year
from crm.model import Offering
from crm.operations import cancel_data_pack, reads
from crm.operations.catalogue import on_sale
from crm.operations.identify import identify
from crm.operations.results import Refusal
from crm.worktime import last_month, month_before, month_of

BY_MONTH = {
    "query_bill": "query_bill",
    "dispute_charge": "dispute_charge",
    "query_call_detail": "query_call_detail",
    "query_balance": "query_bill",
    "query_monthly_fee": "query_bill",
    "query_recharge_record": "query_recharge_record",
}
"""Wishes that another month can be asked of, and what answers for it."""
OPEN = frozenset({"dispute_charge", "query_call_detail", "query_recharge_record"})
"""Those that begin with the running month."""
LISTS = frozenset({"consult_plans", "compare_plans", "recommend_plan", "consult_roaming"})
"""Wishes that are answered by a list of offerings."""
_ANSWERED = (
    (
        re.compile(r"征信|信用记录|失信|\bcredit (?:record|score|report|history)\b", re.IGNORECASE),
        "arrears_credit",
    ),
    (
        re.compile(
            r"(?:怎么|如何|咋|电话|哪里?).{0,10}(?:工信部|12300|通管局|管局)|(?:工信部|12300|通管局|管局).{0,8}(?:怎么|如何|咋|电话|多少|哪)"
            r"|\bhow\b.{0,24}\b(?:ministry|regulator|12300)\b",
            re.IGNORECASE,
        ),
        "complain_to_ministry",
    ),
)
"""Questions with one answer, and what it is."""
READ_AS = UNREAD | {"query_suspension", "query_balance", "recharge", "faq", "dispute_charge", "complain", "appeal"}
TO_HAVE = {"plan": "change_plan", "pack": "order_data_pack"}


async def answer(turn: Turn) -> list[Event] | None:
    """Rasa's events; None for what says by itself what it means. Raises Unavailable."""
    if (events := await _whatever_read_as(turn)) is not None:
        return events
    if not turn.text.strip():
        return None
    if (told := _answered(turn)) is not None:
        return told
    if "month" not in turn.entities and (term := terms().asked(turn.text)):
        turn.say("term", term=term, ways=list(terms().ways.get(term, ())))
        turn.outcome("faq", "answered")
        return []
    if month := _month(turn):
        wish = recent_wish(turn) or {}
        return await do(turn, BY_MONTH[wish["intent"]], {"month": month}, str(wish.get("number") or ""))
    if again := follow_up(turn):
        return await do(turn, *again)
    if after := await next_words.meant(turn):
        return await do(turn, *after)
    if turn.form and not turn.waits_for_number:
        return None
    if charge := charge_named.asked(turn):
        return await do(turn, "dispute_charge", charge)
    if pick := references.pick_of(turn.text):
        shown = recent_shown(turn)
        return await _picked(turn, pick, shown) if shown and pick.kind in ("", shown.kind) else None
    for read in (_by_price, _by_volume, _by_generation, _about_shown):
        if (events := await read(turn)) is not None:
            return events
    return None


def _answered(turn: Turn) -> list[Event] | None:
    if turn.intent not in READ_AS or (turn.form and not turn.waits_for_number):
        return None
    told = next((response for says, response in _ANSWERED if says.search(turn.text)), "")
    if not told:
        return None
    turn.say(told)
    turn.outcome("faq", "answered")
    return []


async def _whatever_read_as(turn: Turn) -> list[Event] | None:
    """What its words mean however they were understood; None for all others. Raises Unavailable."""
    if LEAVES.match(turn.text) and turn.intent != "port_out":
        # The national procedure's words mean this whatever they were read as.
        return await do(turn, "port_out", {"option": turn.text})
    if cheated := scam.meant(turn):
        turn.over = cheated[0] == "report_fraud"
        return await do(turn, *cheated)
    if paying := await pages.meant(turn):
        return paying if isinstance(paying, list) else await do(turn, *paying)
    if plain := await by_words.meant(turn):
        return await do(turn, *plain)
    if (not turn.form or turn.waits_for_number) and (parts := besides.parts(turn)):
        several = turn.as_wish("several_questions", turn.entities, parts)
        return await skill_of("several_questions").handle(several)
    if changed := await arranged.meant(turn):
        return await do(turn, *changed)
    if (events := await of_other(turn)) is not None:
        return events
    return await tails.meant(turn)


async def picked(turn: Turn, offerings: Sequence[Offering], neighbours: Sequence[Offering]) -> dict[str, Any] | None:
    """Inside a form that sells `offerings`: the slots for what the words point at, {} for nothing like that.

    None when they point at nothing. `neighbours`: what "cheaper" may mean.
    """
    shown, pick = recent_shown(turn), references.pick_of(turn.text)
    if not shown or not pick:
        return {} if shown and references.asks_price(turn.text) else None
    known, near = {offering.id for offering in offerings}, _near(shown, [item_of(o) for o in neighbours])
    one = shown.it()
    # Who asks whether there are cheaper ones wants to see them, rather than one more offer.
    found = further(pick, one, near) if one and references.asks_whether(turn.text) else meant(pick, shown, near)
    ids = [item["id"] for item in found if item["id"] in known]
    if not ids:
        turn.say("none_like_that", count=len(shown.items), nth=pick.nth)
        return {}
    if len(ids) > 1:
        return {"agreed": None, "chosen": None, "among": ids}
    return {"agreed": None, "chosen": ids[0], "among": None}


def points_back(turn: Turn) -> bool:
    """Whether `picked` has something to look at: it costs a look at the catalogue."""
    return references.pick_of(turn.text) is not None or references.asks_price(turn.text)


def _month(turn: Turn) -> str:
    """The month that the last wish is now asked of, "" for none."""
    wish = recent_wish(turn)
    if wish is None or wish["intent"] not in BY_MONTH:
        return ""
    now = turn.doors.now()
    newest = month_of(now) if wish["intent"] in OPEN else last_month(now)
    shown = str((wish.get("entities") or {}).get("month") or newest)
    if references.earlier_month(turn.text):
        return month_before(shown)
    said = str(turn.entities["month"]) if turn.says_only(("month",)) else ""
    if (year := whole_year(turn.entities.get("period"))) and turn.says_only(("period",)):
        # "去年的" after the bill of a month.
        return f"{year}-{shown[5:]}" if (wish.get("entities") or {}).get("month") else ""
    # "Last month" under the bill of last month is the one before it.
    seen = said == shown and wish["intent"] == "query_bill" and references.last_month(turn.text)
    return month_before(said) if seen else said


async def _picked(turn: Turn, pick: Pick, shown: Shown) -> list[Event]:
    found = meant(pick, shown, _near(shown, [item_of(o) for o in await _on_sale(turn, shown.kind)]))
    if not found:
        turn.say("none_like_that", count=len(shown.items), nth=pick.nth)
        return []
    return await _offer(turn, found, shown.kind, pick.wants)


async def _by_price(turn: Turn) -> list[Event] | None:
    """ "199的": a price as a name."""
    fen, shown, wish = turn.price_fen(), recent_shown(turn), recent_wish(turn)
    if fen is None:
        return None
    wants, kind = references.wants(turn.text), references.kind_of(turn.text) or (shown.kind if shown else "")
    text = charge_named.exactly(turn.text)
    if references.points_within(text, *(turn.words.get(name, "") for name in PRICES)):
        asked_budget = wish is not None and wish["intent"] == "recommend_plan"
        bounds = {"amount_fen": fen, "bound": references.limit(turn.text), "kind": kind}
        return await do(turn, "recommend_plan" if asked_budget else "consult_plans", bounds)
    if not references.asks_about(text, *(turn.words.get(name, "") for name in (*PRICES, "volume_kb"))):
        return None
    budget = wish is not None and wish["intent"] == "recommend_plan" and not wants and not references.kind_of(turn.text)
    asked = budget and (shown is None or shown.at < str((wish or {}).get("at")))
    if shown and kind == shown.kind and not asked:
        volume = turn.entities.get("volume_kb")
        found = [one for one in shown.items if one["fen"] == fen and volume in (None, one["kb"])]
        found = found or [item_of(o) for o in await _on_sale(turn, kind) if o.price_fen == fen]
        if found:
            return await _offer(turn, found, kind, wants)
    if budget:
        return await do(turn, "recommend_plan", {"amount_fen": fen})
    # What is changed to is a plan: packs are bought.
    return await do(turn, TO_HAVE[kind or "plan"], {"amount_fen": fen}) if wants and turn.intent in UNREAD else None


async def _by_volume(turn: Turn) -> list[Event] | None:
    """ "有10G的吗" after a list."""
    volume, shown = turn.entities.get("volume_kb"), recent_shown(turn)
    if shown is None or turn.intent not in UNREAD:
        return None
    if not amounts.names_volume(turn.text, turn.words.get("volume_kb", "")):
        return None
    wish = TO_HAVE[shown.kind] if references.wants(turn.text) else "consult_plans"
    return await do(turn, wish, {"volume_kb": volume, "kind": shown.kind})


async def _by_generation(turn: Turn) -> list[Event] | None:
    """ "5G的有吗" after a list of plans."""
    shown = recent_shown(turn)
    generation = amounts.generation_of(turn.text, shown.kind) if shown else ""
    if not generation or references.bare(references.without_kinds(amounts.without_generation(turn.text))):
        return None
    return await do(turn, "consult_plans", {"generation": generation})


async def _offer(turn: Turn, found: Sequence[Item], kind: str, wants: bool) -> list[Event]:
    """Tells of the one, or opens the form for it when somebody wants it; asks which of several."""
    if len(found) == 1:
        return await do(turn, TO_HAVE[kind] if wants else "consult_plans", {"offering": found[0]["id"]})
    items = [
        {"id": one["id"], "name": await reads.name(turn.doors, turn.who, one["id"]), "price_fen": one["fen"]}
        for one in found[:MOST]
    ]
    turn.say("which_one", items=items)
    return [listed(turn, kind, found[:MOST])]


async def _about_shown(turn: Turn) -> list[Event] | None:
    """How to have what was shown, and what is asked about one that was shown by itself."""
    shown = recent_shown(turn)
    if shown is None:
        return None
    one, amount = shown.it(), amounts.asked(turn.text)
    if references.asks_how_to_have(turn.text):
        return await do(turn, TO_HAVE[shown.kind], {"offering": one["id"]} if one else {})
    # "Data packs" after the plans are the other kind of thing.
    same = references.kind_of(turn.text) in ("", shown.kind)
    if references.asks_price(turn.text) or (amount and same and _lists(turn)):
        if one:
            return await do(turn, "consult_plans", {"offering": one["id"]})
        return await do(turn, "consult_plans", {"among": [i["id"] for i in shown.items], "amount": amount})
    if references.asks_to_cancel(turn.text):
        return await _cancel(turn, shown.kind, str(one["id"]) if one else "")
    return None


def _lists(turn: Turn) -> bool:
    """Whether what was shown was asked for last: later "流量呢" is about one's own."""
    return str((recent_wish(turn) or {}).get("intent")) in LISTS


async def _cancel(turn: Turn, kind: str, offering: str) -> list[Event]:
    """By the form with its question; what is not held, or ends by itself, is said, and that a plan is only changed."""
    known = turn.who.bound is not None and not isinstance(await identify(turn.doors, turn.who), Refusal)
    held = await reads.products(turn.doors, turn.who) if known else ()
    if kind == "plan" and not any(product.status == "pendingActive" for product in held):
        turn.say("plan_not_cancelled")
        return []
    if kind == "plan" or not offering:
        return await do(turn, "undo_plan_change" if kind == "plan" else "cancel_data_pack", {})
    ends = await cancel_data_pack.cancellable(turn.doors, turn.who) if known else ()
    if not known or any(product.offering_id == offering for product in ends):
        return await do(turn, "cancel_data_pack", {"offering": offering})
    name = await reads.name(turn.doors, turn.who, offering)
    turn.say("nothing_to_cancel_of_it", name=name, held=any(product.offering_id == offering for product in held))
    return []


def _near(shown: Shown, catalogue: Sequence[Item]) -> Sequence[Item]:
    """What "cheaper" may mean: a pack for home is none of those for abroad, so these stay among themselves."""
    known = {one["id"] for one in catalogue}
    return catalogue if any(item["id"] in known for item in shown.items) else shown.items


async def _on_sale(turn: Turn, kind: str) -> list[Offering]:
    """Of that kind, for everybody."""
    found = await on_sale(turn.doors, "plan" if kind == "plan" else "data_pack", turn.who.region)
    return [offering for offering in found if not offering.audience and not offering.requires]
