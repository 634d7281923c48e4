"""Numbers as they are spoken or oddly cut, as plain digits: 卡密八零零幺二三…, one two three…, 12345，67890，…

Only runs that may hold a secret, so that masking sees them: six digits and more, four after a word that names a code.
"""

from __future__ import annotations

import re

_CHINESE = str.maketrans("零〇○一二三四五六七八九幺壹贰貳叁參肆伍陆陸柒捌玖", "000123456789112233456678" + "9")
_ENGLISH = dict(zip("zero oh one two three four five six seven eight nine".split(), "00123456789", strict=True))
_SPOKEN = "".join(map(chr, _CHINESE))
# 一直, 一个, 一条: no digit of the number in front of it.
_SIGN = f"(?!一[个個条條下直次共起样樣般些点點定张張份笔种種天年月块塊元分边邊只套])[0-9{_SPOKEN}]"
_MIXED = range(15, 20)
"""Digits of a run of both kinds that is read as one: a card's last two may be spoken, 10086三 is two things."""
_CUT = r"[ \-,，.。·]{0,2}"
_RUN = re.compile(
    rf"(?P<named>(?:密码|口令|服务码|验证码|校验码|动态码)\s*(?:是|为|:|：)?\s*)?(?P<run>{_SIGN}(?:{_CUT}{_SIGN}){{3,}})(?![0-9])"
)
_WORD = rf"(?:{'|'.join(_ENGLISH)})"
_WORDS = re.compile(rf"(?<![A-Za-z]){_WORD}(?:[\s,.\-]{{1,2}}{_WORD}){{5,}}(?![A-Za-z])", re.IGNORECASE)
_PIECES = re.compile(r"(?<![0-9.])[0-9]{3,6}(?:[ \t]{0,2}[,，、.。·/_\n]\s{0,2}[0-9]{2,6}){2,5}(?![0-9])")
_CARD = 18
"""Digits of a recharge card and of an ID number: no list of amounts or days has just so many by chance often."""


def written(text: str) -> str:
    """The same text with such runs as digits."""
    text = _PIECES.sub(_joined, text)
    return _RUN.sub(_read, _WORDS.sub(_worded, text))


def _joined(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match[0])
    return digits if len(digits) == _CARD else match[0]


def _worded(match: re.Match[str]) -> str:
    return "".join(_ENGLISH[word.lower()] for word in re.findall(r"[A-Za-z]+", match[0]))


def _read(match: re.Match[str]) -> str:
    run = match["run"]
    digits = re.sub(r"\D", "", run.translate(_CHINESE))
    if not re.search(f"[{_SPOKEN}]", run):
        return match[0]
    mixed = bool(re.search("[0-9]", run))
    one = len(digits) in _MIXED if mixed else len(digits) >= (4 if match["named"] else 6)
    return (match["named"] or "") + digits if one else match[0]
