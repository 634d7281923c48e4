"""What is Chinese in a text that somebody reads in English. tests/english.yml says which names may be."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from ruamel.yaml import YAML

NAMES = Path(__file__).with_name("english.yml")
ENGLISH = re.compile(r"[A-Za-z]{2,} [a-z]{2,}")
"""A line of a transcript in which this stands is in English: what is Chinese has codes and units in it, no more."""
# Chinese punctuation and full-width forms too: they look as odd in an English sentence.
_CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+")


@lru_cache(maxsize=1)
def names() -> re.Pattern[str]:
    read = YAML(typ="safe", pure=True).load(NAMES.read_text(encoding="utf-8"))
    return re.compile("|".join(f"(?:{one['pattern']})" for one in read))


def chinese_in(text: str) -> list[str]:
    """Each run of Chinese that is no proper name."""
    return _CHINESE.findall(names().sub("", text))
