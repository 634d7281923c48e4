"""What a guest in the country asks when it is over: to close the number, to keep it for little, a passport renewed."""

from __future__ import annotations

import re

RENEWED = "renewed"
"""What the registration is told of a paper that ran out or was renewed."""
_LEAVES = re.compile(
    r"\b(?:leav(?:e|ing)|left|moving (?:out of|away from)|going home from) (?:china|the country)\b|离开中国",
    re.IGNORECASE,
)
_ON_THE_WAY = re.compile(
    r"\b(?:roam\w*|data|packs?|use|using|works?|calls?|trip|travel\w*|holidays?|vacation|back|return\w*|while|abroad)\b"
    r"|漫游|流量|出差|旅游|旅行",
    re.IGNORECASE,
)
_KEEPS = re.compile(
    r"\bkeep\b.{0,20}\b(?:number|sim|line)\b.{0,40}\b(?:minimum|cheap\w*|low\w*|least)\b"
    r"|\b(?:cheap\w*|minimum|low\w*|least)\b.{0,30}\bkeep\b.{0,12}\b(?:number|sim|line)\b"
    r"|(?:低价|便宜|最低|省钱).{0,6}(?:保号|保留号码|留着?号)",
    re.IGNORECASE,
)
_PAPER = r"(?:passport|id card|visa|护照|護照|证件|證件|身份证|身份證|居留证)"
_RENEWED = re.compile(
    rf"{_PAPER}.{{0,24}}?(?:renew|\bnew\b|expir|updat|changed|到期|过期|過期|换新|换了|換了|更新|换证)"
    rf"|(?:renew\w*|\bnew\b|updat\w*|expired|新换|新办|更新|换了?新?).{{0,12}}?{_PAPER}",
    re.IGNORECASE,
)


def leaves_for_good(text: str) -> bool:
    """ "I'm leaving China on Friday": nothing is said of what is used on the way."""
    return bool(_LEAVES.search(text)) and not _ON_THE_WAY.search(text)


def keeps_number(text: str) -> bool:
    """ "Can I keep my number and pay the minimum"."""
    return bool(_KEEPS.search(text))


def renews_papers(text: str) -> bool:
    """ "I renewed my passport", "证件到期了"."""
    return bool(_RENEWED.search(text))
