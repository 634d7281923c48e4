"""Words that point at what was said or shown before: "上个月呢", "便宜点的", "第二个", "the cheaper one", "怎么取消".

A message points only if nothing is left of it beside the pointing words and those that go around them: what says more
is a wish of its own, which the understanding reads.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from bot.actions.from_to import affirmed, clauses, denies

LONGEST = 400
"""So many characters are read: what points back is short, and a long text must not hold up other turns."""
_SIMPLE = str.maketrans(
    "個點貴種這換號呢還嗎錢麼樣實費選辦訂單張該們說給對請問別開",
    "个点贵种这换号呢还吗钱么样实费选办订单张该们说给对请问别开",
)
_OPENER = re.compile(
    r"(?:(?:请问|你好|您好|喂|在吗|在不在|哈喽|嗨|嘿|不好意思|打扰|等等|等一?下|稍等|慢着)(?:一下|了)?[啊呀哈]?|"
    r"(?:我)?(?:想)?(?:要)?(?:请)?问一?下|我?想请?问|"
    r"我?想(?:查|了解|咨询)一?下|那个(?= )|嗯+(?= )|"
    r"(?:hi|hello|hey|excuse me|sorry|wait|hold on|good (?:morning|afternoon|evening))(?: there)?(?= )) *"
)
_AROUND_ZH = re.compile(
    "(?:这|那)(?:边|里|儿)|不要(?:这|那)(?:个|款|种)|我说的是|我是说|不是|不对|有没有|看一下|看看|查一下|查查|帮我|给我|麻烦|那一个|那个|那款|那种|这一个|这个|"
    "这款|这种|的话|一下|一个|一款|还有|或者|只|就|还|再|那|这|我|想|要|来|看|查|个|款|种|的|呢|吧|吗|么|啊|呀|哦|嗯|了|有|是|请|在|和|"
    "哪一?(?:个|款|种)|换成|改成|换|改|办理|办|订购|订|开通|选择|选"
)
_AROUND_EN = re.compile(
    r"\b(?:the|an?|one|ones|and|what|about|how|then|for|of|in|on|to|that|this|it|its|i|ll|d|want|would|like|take|please|show|"
    r"me|my|give|let|s|see|is|are|there|any|do|does|you|have|ok|with|change|switch|go|choose|pick|get|buy|order|which|"
    r"no|not|mean|meant|instead|only|just|something|anything|maybe|can|be|a little|a bit|bit|so|from|"
    r"plan|plans|pack|packs|tell|more about|details?|explain)\b"
)
_WANTS = re.compile(r"换|改|办|订|开通|(?<!有)要(?!多少)(?=那|这|个|最|便|\d)|\b(?:change|switch|take|buy|order|get)\b")
_ORDERS = (
    ("cheapest", r"最便宜|最实惠|最低价?|价格最低|\bcheapest\b|\bleast expensive\b|\blowest(?: price)?\b"),
    (
        "cheaper",
        r"(?:更|再)?(?:便宜|实惠)(?! ?[吗么嘛啊了])(?:一?(?:点|些)儿?)?|\bcheaper\b|\bless expensive\b|\blower\b",
    ),
    ("dearest", r"最贵|\bmost expensive\b|\bdearest\b"),
    ("dearer", r"(?:更|再)贵(?:一?(?:点|些)儿?)?|贵(?:一?(?:点|些)儿?|的)|\bdearer\b|\bmore expensive\b|\bpricier\b"),
    ("most_data", r"流量最(?:多|大)|最(?:多|大)(?:的?流量)?|\b(?:the )?most data\b|\b(?:biggest|largest)\b"),
    ("least_data", r"流量最(?:少|小)|最(?:少|小)(?:的?流量)?|\b(?:the )?least data\b|\bsmallest\b"),
    ("middle", r"中间|中等|中档|适中|\bmiddle\b|\bmid ?range\b"),
    ("more_data", r"流量(?:更|再)?(?:多|大)(?:一?(?:点|些)儿?)?|(?:多|大)(?:一?(?:点|些)儿?)流量|\bmore data\b"),
)
_READ = tuple((name, re.compile(pattern)) for name, pattern in _ORDERS)
_KINDS = (("pack", re.compile(r"流量包|加油包|日包|月包|包|\bpacks?\b")), ("plan", re.compile(r"套餐|\bplans?\b")))
_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九十")} | {"两": 2}
_WORDS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "last": -1}
_NTH = re.compile(
    rf"第(?P<zh>[一二两三四五六七八九十]|\d{{1,2}})(?:个|款|种|项|条|号)?|(?P<last>最后(?:一|那)?(?:个|款|种|项|条))|"
    rf"\b(?P<en>{'|'.join(_WORDS)})\b|\b(?:number|no\.?|option) ?(?P<n>\d{{1,2}})\b"
)
_PRICE = re.compile(
    r"(?:一个?月|每个?月|月租|月费)(?:是|要|得)?多少钱?|多少(?:钱|费用?)?|什么价(?:格|钱)?|价格|资费|怎么收费|几块钱?"
    r"|how much|what .*\bprice|\bprice\b|\bcosts?\b"
)
_WHETHER = re.compile(r"有没有|有无|还有|有.*[吗么没]|\bany(?:thing)?\b|\bare there\b|\bdo you have\b")
_WHAT_IS_IN_IT = re.compile(
    r"(?:里面?)?(?:有|是|含|包含?)?(?:多少|几个?|多大)(?:流[量两]|分钟|通话|短信|g(?:b)?|兆|的?量)"
    r"|how much data|how many (?:minutes|texts|gb)"
)
_HOW_TO_HAVE = re.compile(
    r"(?:怎么|如何|怎样|咋|在哪里?)(?:才能)?(?:办理?|买|订购?|开通?|换)|(?:办理|订购|开通)(?:方式|方法)|"
    r"how (?:do|can|would) i (?:get|buy|order|take|switch to) (?:it|that|this|one)"
)
_AT_MOST = re.compile(
    r"以[内下]|之内|不超过?|不到|最多|(?<![更再])低于|\b(?:under|below|within|up to|at most|less than|no more than)\b"
)
_AT_LEAST = re.compile(r"以上|起步|不低于|至少|高于|\b(?:over|above|at least|more than|or (?:more|above))\b")
_OWN = re.compile(r"我|还有|剩|\bi\b|\bmy\b|\bhave\b")
_WHAT = re.compile("是(?:啥|什么)")
_CANCEL_IT = (
    r"(?:取消|退订|退)(?:掉|它|这个|那个)+|把?(?:它|这个|那个)(?:给|帮我)?(?:取消|退订|退)(?:掉|了)?"
    r"|(?:cancel|stop|unsubscribe)(?: from)? (?:it|that|this)(?: one)?"
)
_HOW_TO_CANCEL = (
    r"(?:怎么|如何|怎样|咋)(?:才能)?(?:取消|退订|退掉|退)(?:掉|它|这个|那个)?"
    r"|how (?:do|can) i (?:cancel|stop|unsubscribe)(?: from)?(?: (?:it|that|this)(?: one)?)?"
)
_CANCELS_IT = re.compile(_CANCEL_IT)
_CANCEL = re.compile(f"{_HOW_TO_CANCEL}|{_CANCEL_IT}")
_OTHER_NUMBER = re.compile(
    r"(?:另外?|别的|其他|其它)的?(?:一|那)?(?:个|张)?(?:号码?|卡|手机号?)|副号(?=的|呢|还有|还剩)"
    r"|(?:my )?other (?:number|phone|sim)s?"
)
_ACTS = re.compile(
    r"办|换|开通|开个|开一|订|充|取消|退|停|\b(?:change|switch|order|buy|get|cancel|stop|top up|recharge)\b"
)
_WISHES = re.compile(r"要(?:一|个|张)|想要|\b(?:want|need)\b")
_NUMBER_WORDS = re.compile(r"手机号码?|号码|手机|电话|号|卡|\bnumbers?\b|\bphone\b|\bending\b")
_SUBJECTS = (
    ("query_balance", re.compile(r"话费余额|话费|余额|\bbalance\b")),
    ("query_data_usage", re.compile(r"剩余流量|流量|\bdata(?: left)?\b")),
    ("query_bill", re.compile(r"账单|\bbill\b")),
    ("query_my_plan", re.compile(r"套餐|\bplan\b")),
)
_HOW_MUCH = re.compile(r"多少|剩|什么|\b(?:much|left)\b")
_LAST_MONTH = re.compile(r"上一个月|上个?月呢|那上个?月|\bprevious month\b|\b(?:and|what about|how about) last month\b")
_EARLIER = re.compile(r"再(?:往)?(?:上|前)(?:面)?(?:一)?个月|(?:the )?month before(?: that)?")


@dataclass(frozen=True)
class Pick:
    """Which of what was shown: an `order` (cheaper, dearest, more_data, middle …) or the `nth` (1 first, -1 last).

    `kind` plan or pack where it was said; `wants`: to have it, rather than to hear about it.
    """

    order: str = ""
    nth: int = 0
    kind: str = ""
    wants: bool = False


@lru_cache(64)
def fold(text: str) -> str:
    """Width, case, punctuation and traditional forms do not matter, nor the end of a long text."""
    plain = unicodedata.normalize("NFKC", text[:LONGEST]).casefold().translate(_SIMPLE)
    kept = (" " if unicodedata.category(char)[0] in "PSCZ" else char for char in plain)
    return _opened(" ".join("".join(kept).split()))


def bare(text: str) -> str:
    """Without the words around what is meant: "那我朝阳区呢" is 朝阳区."""
    return _left(fold(text))


def points(text: str, *said: str) -> bool:
    """Whether a text says nothing beside `said`, parts of it that were understood as values, and does not deny them."""
    return bool(text.strip()) and not _left(fold(text), said) and not denies(text, said)


def asks_about(text: str, *said: str) -> bool:
    """ "40块的是啥", or the value alone."""
    return points(_WHAT.sub("", fold(text)), *said)


def pick_of(text: str) -> Pick | None:
    """None when it picks nothing, or says more. What is said not to be meant is not picked."""
    said, denied = clauses(text)
    return None if _left(_unpicked(fold(denied)).replace("不", " ")) else _pick(fold(said))


def _pick(plain: str) -> Pick | None:
    order, nth, kind = "", 0, ""
    wants, plain = bool(_WANTS.search(plain)), _PRICE.sub(" ", _WHAT_IS_IN_IT.sub(" ", plain, count=1), count=1)
    for name, pattern in _READ:
        if not order and pattern.search(plain):
            order, plain = name, pattern.sub(" ", plain, count=1)
    if not order and (match := _NTH.search(plain)):
        nth, plain = _number(match), _NTH.sub(" ", plain, count=1)
    for name, pattern in _KINDS:
        if not kind and pattern.search(plain):
            kind, plain = name, pattern.sub(" ", plain, count=1)
    return Pick(order, nth, kind, wants) if (order or nth) and not _left(plain) else None


def wants(text: str) -> bool:
    """Whether somebody says to have it."""
    return bool(_WANTS.search(fold(text)))


def kind_of(text: str) -> str:
    """plan or pack, where it was said."""
    plain = fold(text)
    return next((name for name, pattern in _KINDS if pattern.search(plain)), "")


def without_kinds(plain: str) -> str:
    """Without the words for plans and packs."""
    for _, pattern in _KINDS:
        plain = pattern.sub(" ", plain)
    return plain


def asks_price(text: str) -> bool:
    """ "多少钱" about something that was shown; "我还有多少钱" is about somebody's own money."""
    return _is(_PRICE, text) and not speaks_of_own(text)


def speaks_of_own(text: str) -> bool:
    """ "我还剩多少" is about what somebody has."""
    return bool(_OWN.search(fold(text)))


def asks_whether(text: str) -> bool:
    """ "有没有便宜点的": whether there are such at all."""
    return bool(_WHETHER.search(fold(text)))


def asks_how_to_have(text: str) -> bool:
    """ "怎么办理" about something that was shown."""
    return _is(_HOW_TO_HAVE, text)


def limit(text: str) -> str:
    """most or least, where a text bounds the price it names: "100以下", "under 100"; else ""."""
    plain = fold(text)
    return "least" if _AT_LEAST.search(plain) else "most" if _AT_MOST.search(plain) else ""


def points_within(text: str, *said: str) -> bool:
    """Whether a text says nothing but a bound on a price, whose words are `said`, and perhaps of what kind."""
    plain = without_kinds(_AT_LEAST.sub(" ", _AT_MOST.sub(" ", _without(fold(text), said))))
    return bool(limit(text)) and not _left(re.sub("块钱?|元", " ", plain))


def asks_to_cancel(text: str) -> bool:
    """ "怎么取消", "取消它". A bare "取消" is a stop."""
    return _is(_CANCEL, affirmed(text))


def cancels_it(text: str) -> bool:
    """ "取消它", rather than how that is done."""
    return _is(_CANCELS_IT, affirmed(text))


def other_number(text: str) -> bool:
    """ "另一个号呢", with what is asked of it or without."""
    return bool(_OTHER_NUMBER.search(fold(text)))


def names_number(text: str, said: str) -> bool:
    """ "尾号8888那个号": nothing but a number, `said` being its digits' words. "换个别的号码" is a wish."""
    plain = fold(text)
    if _ACTS.search(plain) or _WISHES.search(plain):
        return False
    return not _left(_NUMBER_WORDS.sub(" ", _OTHER_NUMBER.sub(" ", _without(plain, (said,)))))


def subject_of_number(text: str, said: str) -> str:
    """The wish of "尾号8888的话费" or "另一个号还有多少流量"; "" where more is said, or something to do."""
    if _ACTS.search(fold(text)):
        return ""
    plain = _OTHER_NUMBER.sub(" ", _without(fold(text), (said,)))
    for wish, pattern in _SUBJECTS:
        if pattern.search(plain):
            return "" if _left(_HOW_MUCH.sub(" ", _NUMBER_WORDS.sub(" ", pattern.sub(" ", plain)))) else wish
    return ""


def last_month(text: str) -> bool:
    """ "上个月呢", as the one before: "上个月的" is by the calendar."""
    return bool(_LAST_MONTH.search(fold(text)))


def earlier_month(text: str) -> bool:
    """ "再上个月呢": the one before the one that was spoken of."""
    return _is(_EARLIER, text)


def _is(pattern: re.Pattern[str], text: str) -> bool:
    plain = fold(text)
    return bool(pattern.search(plain)) and not _left(pattern.sub(" ", plain))


def _opened(plain: str) -> str:
    """Without the words that people open with, unless there is nothing else."""
    while (match := _OPENER.match(plain)) and match.end() < len(plain):
        plain = plain[match.end() :]
    return plain


def _unpicked(plain: str) -> str:
    for pattern in (*(pattern for _, pattern in _READ), _NTH, *(pattern for _, pattern in _KINDS)):
        plain = pattern.sub(" ", plain)
    return plain


def _number(match: re.Match[str]) -> int:
    if match["last"]:
        return -1
    if match["en"]:
        return _WORDS[match["en"]]
    said = match["zh"] or match["n"]
    return int(said) if said.isdigit() else _DIGITS[said]


def _without(plain: str, said: Iterable[str]) -> str:
    for part in said:
        if folded := fold(part):
            plain = plain.replace(folded, " ")
    return plain


def _left(plain: str, said: Iterable[str] = ()) -> str:
    return "".join(_AROUND_EN.sub(" ", _AROUND_ZH.sub("", _without(plain, said))).split())
