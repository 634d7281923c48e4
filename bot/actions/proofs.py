"""Reads out of a message what proves its writer to be a number's holder: secrets, or name, end of the ID number and
fee, in whatever order they stand."""

from __future__ import annotations

import re

from crm.model import Proof

LEAVES = re.compile(r"\s*(CXXZ|SQXZ)\s*[#＃*]?\s*(?:⟦id:(\w+)⟧)?", re.IGNORECASE)
"""The words by which a number leaves, and the reference of the name and ID number behind them."""
_SECRET = re.compile(r"⟦(password|code|id):(\w+)⟧")
_PHONE = re.compile(r"(?<!\d)(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)")
_LAST_FOUR = re.compile(
    r"[后後末最]+\s*[4四]\s*[位个個](?:数字|號碼|号码|数)?|\blast\s+(?:4|four)(?:\s+digits)?\b", re.IGNORECASE
)
_TAIL = r"(?<![0-9A-Za-z.])(\d{3}[0-9Xx])(?![0-9A-Za-z]|\.\d|\s*[元块圆])"
_TAIL_NAMED = re.compile(
    rf"(?:§|尾号|尾號|末尾|身份证|身份證|证件|證件|护照|護照|\bending\b|\bid\b)(?:号码?|號碼?)?\D{{0,8}}?{_TAIL}",
    re.IGNORECASE,
)
_ANY_TAIL = re.compile(_TAIL)
_AMOUNT = r"(?<![0-9A-Za-z.])(\d{1,4})(?:\.(\d{1,2}))?(?!\d|\s*(?:[GgMm]\b|[Gg][Bb]|兆|[Gg]流量|分钟|年|号))"
_MONEY = r"\s*(?:元|块钱?|塊錢?|圆|yuan\b|rmb\b)"
_FEE_NAMED = re.compile(
    rf"(?:套餐|月租|月费|月費|每个?月|资费|費用|费用|\bplan\b|\bfee\b|\bmonthly\b|\bpay\b)\D{{0,8}}?{_AMOUNT}",
    re.IGNORECASE,
)
_FEE_PAID = re.compile(_AMOUNT + _MONEY, re.IGNORECASE)
_ANY_FEE = re.compile(_AMOUNT)
_CALLED = re.compile(
    r"(?:我叫做?|我是|名叫|姓名|名字|机主|機主|户主|户名)\s*(?:是|为|為|叫)?|"
    r"\b(?:my name is|name is|name|i am|i'm|this is)\b",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"我的?|这个|这张|的|本人|您好|你好|请|帮|麻烦|谢谢|谢了|手机号?|电话号?|号码|丢了|丢失|不见了|被偷了?|挂失|停机|快点?|尽快|"
    r"(?:套餐|月租|月费|月費|每个?月|资费|費用|费用|身份证|身份證|证件|證件|护照|護照|尾号|尾號|末尾|号)(?:是|为|為)?|"
    r"\b(?:my|the|is|are|it's|an?|of|and|in|for|id|ending|with|digits|last|plan|fee|per|month|monthly|pay|yuan|rmb|"
    r"passport|number|phone|lost|please|stop|hello|hi|thanks?)\b",
    re.IGNORECASE,
)
_HAN = r"[一-鿿](?:[一-鿿·])+"
_LATIN = r"[A-Za-z][A-Za-z.'\-]*(?: +[A-Za-z][A-Za-z.'\-]*)*"
_NAMED = re.compile(rf"※[\s:：，]*({_HAN}|{_LATIN})")
_ANY_NAME = (re.compile(_HAN), re.compile(r"[A-Za-z][A-Za-z.'\-]*(?: +[A-Za-z][A-Za-z.'\-]*)+"), re.compile(_LATIN))


def proof_of(text: str) -> tuple[dict[str, str], Proof | None]:
    """References of secrets by their kind, and name, end of the ID number and fee where all three are said."""
    secrets: dict[str, str] = dict(_SECRET.findall(text))
    plain = _LAST_FOUR.sub("§", _PHONE.sub("，", _SECRET.sub("，", text.replace("※", "").replace("§", ""))))
    tail = _TAIL_NAMED.search(plain) or (None if "id" in secrets else _ANY_TAIL.search(plain))
    rest = plain[: tail.start(1)] + "，" + plain[tail.end(1) :] if tail else plain
    fee = _fee(rest)
    name = _name(rest)
    if not (name and fee and (tail or "id" in secrets)):
        return secrets, None
    fen = int(fee[1]) * 100 + int((fee[2] or "0").ljust(2, "0"))
    return secrets, Proof(name=name, id_tail=tail[1] if tail else "", monthly_fen=fen)


def _fee(text: str) -> re.Match[str] | None:
    """The amount that is called the fee, else one in yuan, else the last."""
    return _FEE_NAMED.search(text) or _FEE_PAID.search(text) or next(iter([*_ANY_FEE.finditer(text)][::-1]), None)


def _name(text: str) -> str:
    """What stands after "I am", else what no other word explains: Chinese first, else words in Latin letters."""
    words = re.sub(_AMOUNT + _MONEY, "，", text, flags=re.IGNORECASE)
    words = _NO_NAME.sub("，", _CALLED.sub("※", words)).replace("§", "，")
    if named := _NAMED.search(words):
        return named[1].strip()
    found = (pattern.search(words) for pattern in _ANY_NAME)
    return next((one[0].strip() for one in found if one), "")
