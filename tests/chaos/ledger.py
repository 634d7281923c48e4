"""What people were told against what our side wrote down, and what must be true of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.chaos.books import SENT, Books
from tests.chaos.desk import Word
from tests.chaos.talk import Talk, in_order
from tests.chaos.timeline import Ring, Timeline, Waits, share, waits
from tests.chaos.trade import Purchase

KILLED = 5.0
"""Seconds from a kill to the next answer, or to the word that it takes longer; of 95 in 100."""
SILENT = 30.0
FEW, SELDOM = 5, 0.02
"""So many messages, or this share of them, may break off five times by chance: where all do, nobody was answered."""
RINGS = {"owned": 2.0, "across a kill": 6.0}


@dataclass
class Ledger:
    """`figures` are for reading. `breaches` must be empty; `late` too, where there was time enough to count on it."""

    figures: dict[str, object] = field(default_factory=dict)
    breaches: dict[str, list[str]] = field(default_factory=dict)
    late: list[str] = field(default_factory=list)

    def none_of(self, name: str, found: Iterable[str]) -> None:
        listed = list(found)
        self.figures[name] = len(listed)
        if listed:
            self.breaches[name] = listed

    def at_most(self, name: str, seconds: float, limit: float) -> None:
        self.figures[name] = f"{seconds:.1f} s (at most {limit:g})"
        if seconds > limit:
            self.late.append(name)

    def __str__(self) -> str:
        width = max(len(name) for name in self.figures)
        lines = [f"{name:<{width}}  {value}" for name, value in self.figures.items()]
        lines += [f"BREACH {name}: {', '.join(found[:10])}" for name, found in self.breaches.items()]
        return "\n".join(lines + [f"LATE {name}" for name in self.late])


@dataclass(frozen=True)
class Outside:
    """What people outside know: `notices` by id are who should hear them, `words` what agents said."""

    talks: Sequence[Talk]
    purchases: Sequence[Purchase] = ()
    notices: Mapping[str, Talk] = field(default_factory=dict)
    words: Sequence[Word] = ()
    receipts: Sequence[str] = ()
    """Ids of our messages whose receipts the gateway took."""


def reckon(outside: Outside, books: Books, timeline: Timeline) -> Ledger:
    """Names what WeChat showed first: from then on each talk knows what it heard."""
    ledger = Ledger()
    for talk in outside.talks:
        said = books.said.get(talk.conversation, ())
        talk.name_shown([(message.id, message.text) for message in said if message.fate != "dropped"])
    _broken(ledger, timeline)
    _messages(ledger, outside, books)
    _trade(ledger, outside.purchases, books)
    _out(ledger, outside, books)
    _twice(ledger, outside.talks, timeline)
    _humans(ledger, outside.words, books)
    _times(ledger, waits(outside.talks, timeline), timeline)
    return ledger


def _broken(ledger: Ledger, timeline: Timeline) -> None:
    kills, faults = Counter(name for _, name in timeline.kills), Counter(fault.name for fault in timeline.faults)
    ledger.figures["kill -9"] = f"{kills.total()}: {_counted(kills)}"
    ledger.figures["other faults"] = f"{faults.total()}: {_counted(faults)}"
    ledger.figures["died by themselves"] = _counted(Counter(name for _, name in timeline.own_deaths)) or "nobody"


def _counted(what: Mapping[str, int]) -> str:
    return ", ".join(name if n == 1 else f"{name} ×{n}" for name, n in sorted(what.items()))


def _messages(ledger: Ledger, outside: Outside, books: Books) -> None:
    """Each message that a channel took came to an end."""
    accepted = [message for talk in outside.talks for message in talk.accepted]
    answered = set().union(*(_ended(talk, books.read_with) for talk in outside.talks))
    # What the bot had said was dropped because a human had come: they have the message.
    human = books.held | {m.cause for said in books.said.values() for m in said if m.fate == "dropped"}
    by_channel = Counter(message.split(":")[0] for message in accepted)
    ledger.figures["messages accepted"] = f"{len(accepted)}: {_counted(by_channel)}"
    ledger.figures["answered"] = len(answered)
    ledger.figures["to a human"] = len(human & set(accepted) - answered)
    ledger.figures["quarantined"] = len(books.quarantined)
    if len(books.quarantined) > max(FEW, SELDOM * len(accepted)):
        ledger.breaches["quarantined far too often"] = sorted(books.quarantined)
    ledger.none_of("lost", (m for m in accepted if m not in answered | human | books.quarantined))
    told = {cause for talk in outside.talks for cause in talk.first_words()}
    ledger.none_of("quarantined and not told", (m for m in books.quarantined if m not in told | books.held))
    disordered = (talk.who for talk in outside.talks if not in_order(talk, talk.answered()))
    ledger.none_of("conversations with a broken order", disordered)


def _ended(talk: Talk, read_with: Mapping[str, str]) -> set[str]:
    """What was answered, by itself or with a later message of the same person."""
    answered, place = talk.answered(), {message: n for n, message in enumerate(talk.accepted)}
    own = {message for message in talk.accepted if message in answered}
    return own | {m for m in talk.accepted if read_with.get(m) in own and place[read_with[m]] > place[m]}


def _trade(ledger: Ledger, purchases: Sequence[Purchase], books: Books) -> None:
    for what, plural, written in (("order", "orders", books.orders), ("card", "payments", books.payments)):
        tried = Counter(p.msisdn for p in purchases if p.what == what)
        told = Counter(p.msisdn for p in purchases if p.what == what and p.told)
        made = f"{tried.total()} / {told.total()} / {sum(written.values())}"
        ledger.figures[f"{plural}: tried / told done / in the CRM"] = made
        ledger.none_of(f"{plural} doubled", (number for number, count in written.items() if count > tried[number]))
        missing = (number for number, count in told.items() if written.get(number, 0) < count)
        ledger.none_of(f"{plural} told done, but not in the CRM", missing)


def _out(ledger: Ledger, outside: Outside, books: Books) -> None:
    """What was told is what we wrote down, and the other way round."""
    said = {message.id: message for messages in books.said.values() for message in messages}
    heard = {outbound for talk in outside.talks for outbound, _ in talk.heard}
    known = {talk.conversation for talk in outside.talks}
    sent = [m for c, messages in books.said.items() if c in known for m in messages if m.fate in SENT]
    fates = Counter(message.fate or "unknown" for message in said.values())
    ledger.figures["messages of ours"] = f"{len(said)}: {_counted(fates)}"
    ledger.none_of("told, but written nowhere", (outbound for outbound in heard if outbound not in said))
    ledger.none_of("written as sent, but no channel took it", (m.id for m in sent if m.id not in heard))
    ledger.none_of("without a fate", (m.id for m in said.values() if not m.fate))
    ledger.figures["notices entered"] = len(outside.notices)
    unheard = (n for n, talk in outside.notices.items() if f"notice:{n}" not in {o for o, _ in talk.heard})
    ledger.none_of("notices that nobody heard", unheard)
    ledger.figures["receipts taken"] = len(outside.receipts)
    ledger.none_of(
        "receipts lost", (m for m in outside.receipts if m not in said or said[m].fate not in ("delivered", "failed"))
    )


def _twice(ledger: Ledger, talks: Sequence[Talk], timeline: Timeline) -> None:
    """A send that was under way when its sender died goes out again; a browser drops it, others may show it."""
    repeats = [(talk, outbound, at) for talk in talks for outbound, at in talk.repeats()]
    ledger.figures["sends repeated"] = f"{len(repeats)}, of at most {timeline.in_flight()} in flight"
    often = {talk.who: timeline.unexplained(at for _, at in talk.repeats()) for talk in talks}
    too_often = (f"{talk.who} {outbound}" for talk, outbound, at in repeats if at in often[talk.who])
    ledger.none_of("repeated more often than killed", too_often)
    ledger.none_of("repeated in a browser", (outbound for talk, outbound, _ in repeats if talk.channel == "web"))
    if len(repeats) > timeline.in_flight():
        ledger.breaches["more sends repeated than were in flight"] = [str(len(repeats))]


def _humans(ledger: Ledger, words: Sequence[Word], books: Books) -> None:
    ledger.figures["hand-offs ended / open"] = f"{books.handoffs_ended} / {len(books.handoffs)}"
    ledger.figures["agents' words"] = len(words)
    ledger.none_of("agents' words lost", (word.text for word in words if not word.came))
    ledger.none_of("hand-offs that nobody holds", (c for c in books.handoffs if c not in books.desk))
    ledger.none_of("held without a hand-off", (c for c in books.desk if c not in books.handoffs))


def _times(ledger: Ledger, waited: Waits, timeline: Timeline) -> None:
    answers = " / ".join(f"{share(waited.answers, part):.1f} s" for part in (0.5, 0.95, 1.0))
    ledger.figures["wait for an answer, median / p95 / longest"] = answers
    ledger.figures["answers after a kill that were counted"] = len(waited.after_kill)
    ledger.at_most("next answer after a kill, p95", share(waited.after_kill, 0.95), KILLED)
    ledger.at_most("next word after a kill, p95", share(waited.word_after_kill, 0.95), KILLED)
    ledger.at_most("longest without any word", share(waited.words, 1.0), SILENT)
    for name, rings in timeline.rings_by_what_happened().items():
        latest = max(rings, key=lambda ring: ring.late_s, default=Ring(0.0, 0.0))
        killed = ", ".join(f"{what} {at:+.1f} s" for at, what in timeline.killed_around(latest))
        told = f"{len(rings)}, by {latest.late_s:.2f} s at most"
        ledger.figures[f"timers seen late, {name}"] = (
            f"{told} (killed, from when it was due: {killed})" if killed else told
        )
        if name in RINGS and latest.late_s > RINGS[name]:
            ledger.late.append(f"timers, {name}")
