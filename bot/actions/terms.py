"""Words of content/terms that have a meaning: charges, kinds of money and of volume, and places near by."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

CHARGES = Path("terms") / "charges.yml"
PLACES = Path("terms") / "places.yml"
WORDS = Path("terms") / "words.yml"
MESSAGES = Path("terms") / "messages.yml"
_FILLERS = re.compile(
    r"你们?|账单上?|扣费|里面?的?|上面?的?|那个|这个|那笔|这笔|那项|这项|一项|一笔|请问一?下?|想?问一?下|的|有|叫|做|到底|究竟"
    r"|the|an?|on|bill|this|that|please|charges?|fees?|called"
)
_ASKS = re.compile(
    r"什么是|啥是|何为|解释(?:一下|下)?|(?:是|叫|指的?是?)(?:个|一个)?(?:什么|啥)(?:意思|东西|费用|费|玩意)?(?:啊|呀|呢|吗)?$"
    r"|(?:什么|啥)意思(?:啊|呀|呢)?$|what(?:'s|\s+is|\s+are|\s+does|\s+do)|explain|meaning\s+of|means?$|stands?\s+for$"
)
# What is somebody's own is for the skill that has their figures. "给我解释" and "我想问" are ways of asking only.
_OWN = re.compile(r"我|\bmy\b")
_ASKING = re.compile(r"[给跟和帮]我|我(?=想|要|再?问)")
_SIGNS = re.compile(r"[\s，。？！、；：,.?!;:“”\"「」（）()《》]+")
_OTHER_WORDS = 1


@dataclass(frozen=True)
class Terms:
    """`ways`: the wishes that go with a term. `hmt`: what offerings for Hong Kong, Macao and Taiwan are called by.
    `messages`: the kinds of what we send unasked. `calling`: how calls from home to another country are spoken of.
    `words`: what says a thing, by the thing's name. `names`: of places by their codes, in zh and en.
    """

    said: Sequence[tuple[str, str]] = ()
    ways: Mapping[str, Sequence[str]] = field(default_factory=dict)
    hmt: Sequence[str] = ()
    messages: Mapping[str, Any] = field(default_factory=dict)
    calling: Mapping[str, Sequence[str]] = field(default_factory=dict)
    words: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def load(cls, content: Path) -> Terms:
        """Of a directory like content/; empty where it has no such files."""
        read, places = _read(content / CHARGES), _read(content / PLACES)
        said = [(str(words).casefold(), name) for name, term in read.items() for words in term["said"]]
        longest_first = sorted(said, key=lambda pair: -len(pair[0]))
        ways = {name: tuple(term.get("ways", ())) for name, term in read.items()}
        hmt, calling = tuple(map(str, places.get("hmt", ()))), places.get("calls_out", {})
        words = {name: _any_of(said) for name, said in _read(content / WORDS).items()}
        return cls(longest_first, ways, hmt, _read(content / MESSAGES), calling, words, places.get("names", {}))

    def says(self, name: str, text: str) -> str:
        """The first of the words of that name that stands in a text; "" for none."""
        pattern = self.words.get(name)
        found = pattern.search(text) if pattern else None
        return found[0] if found else ""

    def in_text(self, text: str) -> str:
        """The term that is named, the longest of them; "" for none."""
        folded = text.casefold()
        return next((name for words, name in self.said if words in folded), "")

    def calls_out(self, text: str, places: Sequence[str] = ()) -> bool:
        """Whether calls from home to another country are spoken of. `places`: the countries, in the words of the text;
        without any, prices have to be asked for."""
        folded = text.casefold()
        before = [folded[: folded.find(place.casefold())].rstrip() for place in places]
        if any(part.endswith(self._calling("there")) for part in before):
            return False
        named = any(word in folded for word in self._calling("anywhere"))
        if not places:
            return named and any(word in folded for word in self._calling("prices"))
        return named or any(part.endswith(self._calling("before")) for part in before)

    def _calling(self, name: str) -> tuple[str, ...]:
        return tuple(str(word).casefold() for word in self.calling.get(name, ()))

    def asked(self, text: str) -> str:
        """The term that somebody wants to have explained, where the text asks for nothing else; "" for none."""
        folded = _ASKING.sub("", _SIGNS.sub(" ", text.casefold())).strip()
        left = _ASKS.sub(" ", folded)
        if left == folded or _OWN.search(folded):
            return ""
        for words, name in self.said:
            if words in left:
                other = _FILLERS.sub("", left.replace(words, "", 1))
                return name if len("".join(other.split())) <= _OTHER_WORDS else ""
        return ""


def _any_of(words: Sequence[str]) -> re.Pattern[str]:
    """Words of Latin letters count as whole ones, also right beside Chinese: "all" is not in "call", but in 换成all."""
    found = (
        re.escape(word) if not word.isascii() else rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])" for word in words
    )
    return re.compile("|".join(found), re.IGNORECASE)


def _read(path: Path) -> Mapping[str, Any]:
    if not path.exists():
        return {}
    loaded: Mapping[str, Any] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return loaded
