"""For whom and to which address an invoice is, where it is said in one line with the wish or with another answer."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from bot.actions.from_to import says
from bot.actions.turn import Turn
from crm.invoicing import is_tax_id
from crm.operations import invoice

PERSONAL = "personal"
HIDDEN = re.compile(r"⟦(?:card|id|bankcard):([0-9a-f]{16})⟧")
"""A tax number of digits alone looks like a card or an ID, and is cut out of the text as one."""
NO_COMPANY = "-"
"""The tax number of a person."""
_PERSONAL = re.compile(
    r"(?:个人|個人|私人)(?:的|抬头|抬頭|名义|名義|发票|發票|票)*(?=$|[\s,，。;；!！、发發开開寄给給到就吧])"
    r"|\b(?:for (?:me|myself|a person|an individual)|personal(?:ly)?|private) ?(?:invoice)?\b",
    re.IGNORECASE,
)
_TITLE = re.compile(
    r"(?:抬头|抬頭|名头|名称|名稱|title|company name)\s*(?:是|为|為|写|寫|填|is|[:：])*\s*"
    r"(?P<said>[^\s,，。;；@⟦]{2,60})"
    r"|(?:给|給|开给|開給|by|for)\s*"
    r"(?P<whom>[^\s,，。;；@⟦的我]{2,40}?(?:公司|集团|集團|厂|廠|医院|学校|學校|中心|合作社|商行|事务所))",
    re.IGNORECASE,
)
_TAX_ID = re.compile(r"(?<![0-9A-Za-z])[0-9A-HJ-NPQRTUWXYa-hj-npqrtuwxy]{18}(?![0-9A-Za-z])")
_AROUND = re.compile(
    r"税号|稅號|税务登记号|邮箱|郵箱|(?:发|發|寄)(?:到|给|給|至)|\b(?:tax (?:id|number)|e-?mail|to)\b", re.IGNORECASE
)
_INVOICE = re.compile(r"发票|發票|开票|\binvoice\b", re.IGNORECASE)
_COMPANY = re.compile(r"(?:企业|企業|公司|单位|單位)(?:的|抬头|抬頭|发票|發票|票)|\bcompany invoice\b", re.IGNORECASE)


async def said(turn: Turn) -> dict[str, Any]:
    """Slots of the form for what this line says of them: told, way, means. Raises Unavailable."""
    text = unicodedata.normalize("NFKC", turn.text).strip()
    found: dict[str, Any] = {}
    if mail := invoice.MAIL.search(text):
        found["means"] = mail[0]
        text = text.replace(mail[0], " ")
    if title := _TITLE.search(text):
        name = title["said"] or title["whom"]
        found |= {"told": name[: invoice.MOST_TITLE]} if not _PERSONAL.fullmatch(name) else _A_PERSON
    elif says(_PERSONAL, text):
        found |= _A_PERSON
    if "way" not in found and (number := await _tax_id(turn, text)):
        found["way"] = number
    return found


_A_PERSON = {"told": PERSONAL, "way": NO_COMPANY}


def wants_one(text: str) -> bool:
    """An invoice and an address: "invoice for last month to anna@example.com"."""
    return says(_INVOICE, text) and bool(invoice.MAIL.search(text))


def for_a_company(text: str) -> bool:
    """ "开企业的": whose name is asked for."""
    return says(_COMPANY, text)


def name_in(text: str) -> str:
    """What is left for a name beside the address, the tax number and the words that go with them."""
    plain = HIDDEN.sub(" ", _TAX_ID.sub(" ", invoice.MAIL.sub(" ", text)))
    return " ".join(_AROUND.sub(" ", plain).split()).strip(",，。;；、:：")


async def _tax_id(turn: Turn, text: str) -> str:
    """One that its check accepts, "" for none."""
    hidden = HIDDEN.search(turn.text)
    opened = await turn.doors.vault.open(turn.who.conversation, hidden[1]) if hidden else ""
    for one in (*_TAX_ID.findall(text), opened or ""):
        if is_tax_id(one.upper()):
            return str(one.upper())
    return ""
