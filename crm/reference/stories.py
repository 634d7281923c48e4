"""The named demo subscribers and what their life with the operator is about, for pages that let a person choose one."""

from __future__ import annotations

from dataclasses import dataclass

from crm.model import Text
from crm.reference.people import read_named


@dataclass(frozen=True)
class Story:
    """`language` is what this person writes in."""

    msisdn: str
    name: str
    story: Text
    language: str


def stories() -> tuple[Story, ...]:
    """In the order in which a page should list them."""
    return tuple(
        Story(e["msisdn"], e["name"], Text(e["story"]["zh"], e["story"]["en"]), e.get("language", "zh"))
        for e in read_named()
        if "story" in e
    )


def demo_cards() -> dict[str, int]:
    """Recharge cards that a fresh demo knows: number → fen. Each can be used once."""
    return {f"80000000000000{n:04d}": fen for n, fen in enumerate((5000, 10000, 3000, 5000, 10000, 2000), 1)}
