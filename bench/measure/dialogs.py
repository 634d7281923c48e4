"""What is said in a benchmark: the same lines to the product and to stock Rasa.

| kind | turns of it |
|---|---|
| rule | an answer that a rule gives by itself |
| crm | an answer that needs a call of the CRM |
| form | a form is opened, a step of it is filled, it is given up |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["rule", "crm", "form"]


@dataclass(frozen=True)
class Line:
    """What a person says, and the intent that whoever reads it should find ("" inside a form)."""

    text: str
    kind: Kind
    intent: str


HELP = Line("你能帮我做什么", "rule", "help_menu")
THANKS = Line("谢谢你", "rule", "thanks")
BYE = Line("再见", "rule", "goodbye")
BALANCE = Line("查一下话费余额", "crm", "query_balance")
USAGE = Line("我还剩多少流量", "crm", "query_data_usage")
PACKS = Line("我要办流量包", "form", "order_data_pack")
FIRST = Line("1", "form", "inform")
NO = Line("不办了", "form", "deny")

VISIT = (HELP, BALANCE, THANKS, PACKS, FIRST, NO, USAGE, BYE)
"""A whole conversation: three turns by rules, two with the CRM, three in a form."""

ONLY: dict[Kind, tuple[Line, ...]] = {
    "rule": (HELP, THANKS, HELP, THANKS, HELP, THANKS, HELP, BYE),
    "crm": (BALANCE, USAGE, BALANCE, USAGE, BALANCE, USAGE, BALANCE, USAGE),
    "form": (PACKS, FIRST, NO, PACKS, FIRST, NO, PACKS, FIRST),
}
"""Conversations of one kind, also of eight turns."""
