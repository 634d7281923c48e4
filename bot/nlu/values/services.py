"""Names of services, packs and plans that may not be ours: 斗地主, 腾讯vip, 二十元的流量, 十九元的套餐.

The bot can then say which name it did not find. Values are names as they would be written: "腾讯VIP", "20元流量包".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from bot.nlu.normal import normalise
from bot.nlu.values.found import Found, longest_first, without_overlaps
from bot.nlu.values.names import Spellings
from bot.nlu.values.numerals import BEGINS, DIGIT, NUMBER, is_approximate, parse_number

_MEMBER = r" ?(?:的)?(?P<member>vip|svip|会员|超级会员|黄金会员|年卡|月卡| membership| subscription| premium)"
_PACK = r"(?:的|定向|专属|专享)*(?P<pack>流量包|定向流量|免流包|免流|包(?![月年括含])|流量| data pack)"
_WISH = re.compile(r"取消|退|关|去掉|停|删|不要|办|开|订|买|加|换成|要个|来个|cancel|remove|buy|get|add|order|stop")
_UNITS = r"(?P<unit>gb|mb|g|m|兆|吉)"
_PRICED_PACK = re.compile(
    rf"(?<!几){BEGINS}(?:(?P<yuan>{NUMBER})(?:块钱|元钱|块|元)(?P<of>的)?(?:那个|这个|一个)?(?P<kind>[a-z]{{2,4}})?(?:的)?"
    r"(?P<what>流量包|加油包|叠加包|流量)"
    rf"|(?P<en>{NUMBER})[ -]?(?:yuan|rmb) (?P<enkind>data|traffic|top-up)? ?pack(?:age)?\b)"
)
_SIZED_PACK = re.compile(
    rf"(?<!几){BEGINS}(?:(?P<size>{NUMBER})个? ?{_UNITS}b?(?:的)?(?:那个|这个)?(?:国内|省内|全国|通用|本地)?"
    r"(?P<what>流量包|加油包|叠加包|月包|日包|包|流量)"
    r"|(?P<ensize>\d+(?:\.\d+)?) ?(?P<enunit>gb|mb|g|m) (?:data |top-up )?pack(?:age)?\b)"
)
_PRICED_PLAN = re.compile(
    rf"{BEGINS}(?:(?P<yuan>{NUMBER})(?P<unit>(?:块钱|元钱|块|元)(?P<jiao>{DIGIT})?)?(?:的)?"
    r"(?:那个|这个|那种|一个|档)?的?(?:\dg)?(?:套餐|资费)"
    rf"|(?P<en>{NUMBER})[ -]?(?:yuan|rmb)?(?: a month)? (?:plan|package)\b)"
)
_UNIT_NAMES = {"g": "GB", "吉": "GB", "m": "MB", "兆": "MB"}
_LEAST_PRICE = 5


class ServiceFinder:
    """Finds names in a normalised text; what our own catalogue knows is left to the OfferingFinder."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        """`names` as in data/lookup/services.yml: services, apps, reached, packs, plans."""
        heard: Mapping[str, str] = names["heard"]
        self._fixed = Spellings(
            {
                normalise(said).text: (entity, heard.get(said, said))
                for entity, key in (("service_name", "services"), ("pack_name", "packs"), ("plan_name", "plans"))
                for said in _all(names[key])
            }
        )
        apps = {normalise(said).text: (heard.get(said, said), True) for said in _all(names["apps"])}
        reached = {normalise(said).text: (said, False) for said in names["reached"]}
        self._apps = Spellings({**apps, **reached})
        self._member, self._pack = re.compile(_MEMBER), re.compile(_PACK)

    def find(self, text: str) -> list[Found]:
        """The longest names; a price or a volume is part of one only with a word for what it names."""
        found = [Found(entity, start, end, name) for start, end, (entity, name) in self._fixed.find(text)]
        return without_overlaps(longest_first([*found, *self._of_apps(text), *_priced(text), *_sized(text)]))

    def _of_apps(self, text: str) -> Iterator[Found]:
        for start, end, (name, is_service) in self._apps.find(text):
            if pack := self._pack.match(text, end):
                if pack["pack"] != "流量" or _WISH.search(text):
                    yield Found("pack_name", start, pack.end(), f"{name}流量包")
            elif member := self._member.match(text, end):
                said = member["member"]
                yield Found("service_name", start, member.end(), name + (said.upper() if "vip" in said else said))
            elif is_service:
                yield Found("service_name", start, end, name)


def _all(names: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """All spellings of a section, the first of each line included."""
    for name, others in names.items():
        yield from (name, *others)


def _priced(text: str) -> Iterator[Found]:
    for match in _PRICED_PACK.finditer(text):
        # 十块钱流量 may ask how much ten yuan buy; 二十元的流量 names what is held or wanted.
        if match["what"] == "流量" and not (match["of"] or _WISH.search(text)):
            continue
        price = _number(match["yuan"] or match["en"])
        if price:
            kind = (match["kind"] or "").upper()
            yield Found("pack_name", *match.span(), f"{price}元{kind}{_kind_of_pack(match['what'])}")
    for match in _PRICED_PLAN.finditer(text):
        said = match["yuan"] or match["en"]
        # 五八套餐 is 58, 五六块钱的套餐 is about five.
        is_digits = not match["unit"] and len(said) == 2
        price = str(parse_number(said)) if is_digits else _number(said, match["jiao"] or "")
        if price and Fraction(price) >= _LEAST_PRICE and not text[: match.start()].endswith(("第", "个", "几")):
            yield Found("plan_name", *match.span(), f"{price}元套餐")


def _sized(text: str) -> Iterator[Found]:
    for match in _SIZED_PACK.finditer(text):
        what = match["what"] or "流量包"
        if what == "流量" and not _WISH.search(text):
            continue
        size = _number(match["size"] or match["ensize"])
        if size:
            unit = _UNIT_NAMES[(match["unit"] or match["enunit"])[0]]
            yield Found("pack_name", *match.span(), f"{size}{unit}{_kind_of_pack(what)}")


def _kind_of_pack(said: str | None) -> str:
    return said if said in ("加油包", "叠加包", "月包", "日包") else "流量包"


def _number(said: str, tenths: str = "") -> str:
    """As it would be written, 6.6 or 20; "" where it is no number."""
    value = parse_number(said) if len(said) < 12 and not is_approximate(said) else None
    if not value:
        return ""
    value += (parse_number(tenths) or 0) / Fraction(10) if tenths else 0
    return str(int(value)) if value.denominator == 1 else str(float(value))
