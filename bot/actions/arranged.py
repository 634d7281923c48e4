"""What was arranged is put to another time, or given up, by a sentence, whatever its words were read as: a visit to a
shop, a call-back, somebody who comes for a fault.

Nothing is changed where nothing is arranged: the words mean what they were read as then.
"""

from __future__ import annotations

import re
from typing import Any

from bot.actions import references
from bot.actions.shown import recent_wish
from bot.actions.turn import Turn
from bot.actions.when import When, said_when
from crm.model import Appointment
from crm.operations import tickets, visits
from crm.operations.identify import identify
from crm.operations.results import Refusal

Meant = tuple[str, dict[str, Any]]
CALLBACK = "request_callback"
CANCELLED, MOVED = "cancelled", "moved"
"""What becomes of the call-back that waits; `when` beside it is the time that it is moved to."""
VISITS = frozenset({"book_visit", "find_store", "replace_sim", "close_account", "query_real_name"})
"""After these a bare "改到明天下午" is about a visit."""
UNREAD = frozenset(
    {"nlu_fallback", "out_of_scope", "inform", "correct", "find_store", "request_callback", "replace_sim"}
)
"""What a bare "换个时间" is read as."""
_CALL = re.compile(r"回电|回電|回(?:个|個|我)?(?:电话|電話)|打(?:电话|電話)?[给給]我|[给給]我打|\bcall", re.IGNORECASE)
_DIALS = re.compile(r"打|联系|聯繫|\bcall|\bphone", re.IGNORECASE)
_VISIT = re.compile(
    r"预约|預約|我约的|到店|去店|营业厅|營業廳|门店|\b(?:visit|appointment|booking|come|shop|store)\b", re.IGNORECASE
)
_ABOUT_VISIT = re.compile(r"预约|預約|我约|约好|\b(?:my|the) (?:visit|appointment|booking)\b", re.IGNORECASE)
_SOLD = re.compile(
    r"流量|套餐|会员|業務|业务|宽带|寬帶|装机|变更(?!时间|日期)|生效|更换|\b(?:data|packs?|plan|membership|broadband|subscription)\b",
    re.IGNORECASE,
)
"""What is ordered, not visited for: "取消预约的流量包"."""
_COMES = re.compile(r"师傅|師傅|上门|上門|维修|維修|装维|\btechnician\b|\bengineer\b|\brepair", re.IGNORECASE)
_NO_CALL = re.compile(
    r"(?:不用|不需要|不必|不要|无需|別|别|甭)(?:再|你们|客服|人工|人|给我|給我|了)*(?:回电|回電|回?(?:我|个|個)?电话|打|联系)"
    r"|取消.{0,6}(?:回电|回電)|(?:回电|回電).{0,6}(?:取消|不用|不要)"
    r"|(?:\bno|\bnot|n['’]t) (?:need|have)\b.{0,16}\bcall|\bno (?:need to )?call\b|\b(?:don['’]?t|do not|stop) call"
    r"|\bcancel\b.{0,16}\bcall",
    re.IGNORECASE,
)
_NO_VISIT = re.compile(
    r"(?:取消|退掉?|撤掉?|不要|不用).{0,8}(?:预约|預約|到店)|(?:预约|預約|约的|约好的?).{0,8}(?:取消|退掉|不去|不用|不要|不约)"
    r"|不去(?:营业厅|營業廳|店里)?了|\bcancel\b.{0,24}\b(?:appointment|visit|booking)\b",
    re.IGNORECASE,
)
_CANNOT_COME = re.compile(
    r"(?:去|来|來)不了|没空去|沒空去|没时间去|\b(?:can['’]?t|cannot|won['’]?t|not going to) (?:come|make it)\b",
    re.IGNORECASE,
)
"""Given up or put to another time: that is asked."""
_MOVES = re.compile(
    r"改|换个?(?:时间|日子|一?天)|換個?時間|挪|推[迟遲后後]|延[后後期]|提前|调整|调到|重新约|另约|晚[点點]|早[点點]"
    r"|\bresched|\bpostpone|\binstead\b|\b(?:an)?other (?:time|day)\b|\bdifferent (?:time|day)\b|\bmove\b|\bchange\b"
    r"|\b(?:earlier|later)\b",
    re.IGNORECASE,
)
_TIME = re.compile(r"时间|時間|日子|哪天|[晚早]一?[点點]|\b(?:time|day)\b|\bresched|\bpostpone", re.IGNORECASE)
_WHEN_IS_IT = re.compile(
    r"(?:预约|預約|我约)(?:了|的|好)*(?:是|在)*(?:什么时候|啥时候|几点|哪天|哪家|哪个|哪里|何时|什么时间)"
    r"|(?:查|看)(?:一下|下|看)?(?:我的?)?(?:预约|預約)|我的预约|我有(?:没有|哪些)?(?:什么)?预约"
    r"|\b(?:when|where|what time)\b.{0,12}\b(?:appointment|visit|booking)\b"
    r"|\bmy (?:appointments?|visits?|bookings?)[?.!]*$",
    re.IGNORECASE,
)
_WHETHER = re.compile(r"要不要|用不用|需不需要|需要不需要|该不该")
_ASKS = re.compile(r"[?？吗嗎]|怎么|怎麼|如何|能不能|可不可以|\bhow\b|\bcan i cancel\b", re.IGNORECASE)
_ASKS_WHEN = re.compile(r"几点|幾點|什么时候|什麼時候|啥时候|哪天|\b(?:when|what time)\b", re.IGNORECASE)
_ASKS_CALL = re.compile(
    r"几点|幾點|什么时候|什麼時候|啥时候|会不会|有没有人|\bwhen\b"
    r"|\b(?:is|are|will) (?:anyone|anybody|someone|somebody|you|they)\b",
    re.IGNORECASE,
)
_AROUND = re.compile(
    r"改(?:到|成|为|在)?|换(?:到|成)?|挪(?:到)?|推[迟后]?(?:到)?|延[后期]?(?:到)?|提前(?:到)?|调整?(?:到)?|时间|日子|可以|能不能|能|行|去|来|到|"
    r"晚点|早点|\b(?:instead|come|could|move|make|reschedule|postpone|time|day|later|earlier|at|until|till|another|other|different)\b"
)
"""What goes around a time that something is moved to."""


async def meant(turn: Turn) -> Meant | None:
    """The wish and what it is told; None for words that change nothing arranged. Raises Unavailable."""
    # "要不要预约" holds "不要预约", and gives up nothing.
    text = _WHETHER.sub("", turn.text[: references.LONGEST])
    if not text.strip() or turn.who.bound is None or (turn.form and not turn.waits_for_number):
        return None
    when = said_when(turn)
    if not _speaks_of_it(text, when) or isinstance(await identify(turn.doors, turn.who), Refusal):
        return None
    for read in (_call, _visit, _comes, _bare):
        if found := await read(turn, text, when):
            return found
    return None


def _speaks_of_it(text: str, when: When | None) -> bool:
    """Nothing is looked up for other words."""
    if any(pattern.search(text) for pattern in (_NO_CALL, _NO_VISIT, _CANNOT_COME, _WHEN_IS_IT)):
        return True
    if _ASKS_CALL.search(text) and _CALL.search(text):
        return True
    timed = when or _TIME.search(text) or _ASKS_WHEN.search(text)
    return bool(timed and (_MOVES.search(text) or _COMES.search(text)))


async def _call(turn: Turn, text: str, when: When | None) -> Meant | None:
    if not _CALL.search(text) and not (_DIALS.search(text) and _last(turn) == CALLBACK):
        return None
    moves = _MOVES.search(text) and (when or _TIME.search(text))
    if turn.intent in UNREAD - {CALLBACK} and _ASKS_CALL.search(text) and not moves:
        return (CALLBACK, {}) if await tickets.waiting(turn.doors, turn.who, "callback") else None
    if not (_NO_CALL.search(text) or moves):
        return None
    if await tickets.waiting(turn.doors, turn.who, "callback") is None:
        # Who wants none is made none.
        unwanted = _NO_CALL.search(text) and turn.intent == CALLBACK
        return (CALLBACK, {"option": CANCELLED}) if unwanted else None
    if moves:
        return CALLBACK, {"option": MOVED, "when": when.kept() if when else None}
    return CALLBACK, {"option": CANCELLED}


async def _visit(turn: Turn, text: str, when: When | None) -> Meant | None:
    if _CALL.search(text) or _SOLD.search(text):
        return None
    moves = _MOVES.search(text) and (when or _TIME.search(text)) and _VISIT.search(text)
    if not (_NO_VISIT.search(text) or moves):
        told = _WHEN_IS_IT.search(text) or (_CANNOT_COME.search(text) and await visits.mine(turn.doors, turn.who))
        return ("book_visit", {"option": visits.MINE}) if told else None
    mine = await visits.mine(turn.doors, turn.who)
    if not mine and not _ABOUT_VISIT.search(text):
        return None
    return _of_visits(mine, text, when, moves=bool(moves))


def _of_visits(mine: tuple[Appointment, ...], text: str, when: When | None, *, moves: bool) -> Meant:
    """What becomes of the one that is booked; a choice where there are several, or where it was only asked about."""
    other_day = bool(when and mine and not when.on_day(mine[0].at))
    if len(mine) != 1 or (not moves and (other_day or _ASKS.search(text))):
        return "book_visit", {"option": visits.MINE}
    if not moves:
        return "book_visit", {"option": f"{visits.CANCEL}{mine[0].id}"}
    return "book_visit", {"option": f"{visits.MOVE}{mine[0].id}", "when": when.kept() if when else None}


async def _comes(turn: Turn, text: str, when: When | None) -> Meant | None:
    """Nobody's way to a fault is booked here: the time is told to whoever answers for it, who is told to who asks."""
    if not _COMES.search(text) or await tickets.waiting(turn.doors, turn.who, "fault") is None:
        return None
    return "urge", {"when": when.kept()} if when and not _ASKS_WHEN.search(text) else {}


async def _bare(turn: Turn, text: str, when: When | None) -> Meant | None:
    """ "改到明天下午": of what was spoken of last, else of what there is."""
    last = _last(turn)
    if turn.intent not in UNREAD and last not in VISITS | {CALLBACK}:
        return None
    plain = references.fold(text)
    plain = plain.replace(references.fold(when.words), " ") if when else plain
    if not _MOVES.search(text) or references.bare(_AROUND.sub(" ", plain)):
        return None
    if last != CALLBACK and (mine := await visits.mine(turn.doors, turn.who)):
        return _of_visits(mine, text, when, moves=True)
    if await tickets.waiting(turn.doors, turn.who, "callback") is None:
        return None
    return CALLBACK, {"option": MOVED, "when": when.kept() if when else None}


def _last(turn: Turn) -> str:
    """The last wish."""
    return str((recent_wish(turn) or {}).get("intent"))
