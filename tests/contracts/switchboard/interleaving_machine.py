"""The state machine: what may happen next, in steps that Hypothesis puts in order, and what must hold after each."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from switchboard.errors import TurnFailed
from switchboard.redis.stores import Stores
from tests.contracts.switchboard.interleaving_acts import PEOPLE, World
from tests.contracts.switchboard.interleaving_look import Look
from tests.contracts.switchboard.interleaving_world import STOPS, Clock, Worker

person = st.sampled_from(PEOPLE)
agent = st.sampled_from(["lin", "zhou"])
stops = st.sampled_from([frozenset(), *(frozenset({stop}) for stop in STOPS), frozenset(STOPS)])
ACTS = ["take", "take", "take", "say", "say", "say again", "hand back", "close", "put back", "put back", "come", "go"]
BETWEEN = ["take", "take", "close", "put back", "subscriber", "price", "lease", "death", "time"]
between = st.lists(st.sampled_from(BETWEEN), min_size=1, max_size=2)
OUTSIDE = ["price", "subscriber", "subscriber unheard", "unreachable", "reachable", "bot fails", "bot is broken"]


class Bench:
    """What all orders of one test share: the loop and the connection."""

    loop: asyncio.AbstractEventLoop
    stores: Stores
    clock: Clock
    key: bytes


class Interleavings(RuleBasedStateMachine):
    @initialize(offered=st.sampled_from(["", "issued", "shown", "shown"]))
    def begins(self, offered: str) -> None:
        self.said = 0
        self.changed = False
        Bench.clock.now = Clock().now
        self.world = World(Bench.stores, Bench.clock, Bench.key)
        self.look = Look(self.world)
        self.do(self.world.begin())
        if offered == "shown":
            self.is_answered(PEOPLE[0], "买")
        elif offered:
            self.asks(PEOPLE[0], "买", frozenset())

    def do(self, act: Any) -> Any:
        self.changed = True
        self.world.clock.forward(0.001)
        return Bench.loop.run_until_complete(act)

    # --- people ------------------------------------------------------------------------------------------------------

    @rule(who=person, text=st.sampled_from(["你好", "人工"]))
    def writes(self, who: Any, text: str) -> None:
        self.do(self.world.writes(who, text))

    @rule(who=person, text=st.sampled_from(["买", "买", "确认", "确认", "旧的", "人工", "你好"]), at=stops)
    def asks(self, who: Any, text: str, at: frozenset[str]) -> None:
        """And whoever works comes as far as `at` with what waits first. A yes comes from who was shown an offer."""
        if text == "确认":
            who = self.shown_to(who)
        self.do(self.world.writes(who, text))
        self.do(self.world.works(self.working(), who, at))

    def shown_to(self, who: Any) -> Any:
        shown = {offer.conversation for offer in self.world.model.offers.values() if offer.state == "shown"}
        return next((each for each, conversation in self.world.ids.items() if conversation in shown), who)

    @rule(who=person, text=st.sampled_from(["买", "买", "确认", "你好"]))
    def is_answered(self, who: Any, text: str) -> None:
        self.do(self.world.writes(who, text))
        self.catches_up(who)

    @precondition(lambda self: self.world.model.offers)
    @rule(
        nth=st.integers(0, 3),
        stolen=st.sampled_from([False, False, True]),
        message=st.sampled_from(["yes", "again"]),
        number_goes=st.sampled_from([False, False, True]),
    )
    def takes_an_offer(self, nth: int, stolen: bool, message: str, number_goes: bool) -> None:
        """As a turn that looked at the offer some time ago; the newest offers first. When its number goes to somebody
        else the same turn asks again."""
        world = self.world
        offers = [*reversed(world.model.offers.items())]
        id, offer = offers[nth % len(offers)]
        who = next(each for each, c in world.ids.items() if (c != offer.conversation) == stolen)
        self.do(world.stores.quotes.consume(world.ids[who], id, message))
        if number_goes:
            self.do(world.number_goes(who, heard=True))
            self.do(world.stores.quotes.consume(world.ids[who], id, message))

    @precondition(lambda self: any(t.waiting or t.ended for t in self.world.model.talks.values()))
    @rule(nth=st.integers(0, 9))
    def is_delivered_again(self, nth: int) -> None:
        talks = self.world.model.talks
        known = [(who, m) for who, c in self.world.ids.items() for m in sorted([*talks[c].waiting, *talks[c].ended])]
        who, message = known[nth % len(known)]
        self.do(self.world.writes(who, "买", message))

    # --- agents, the CRM, channels and time --------------------------------------------------------------------------

    @rule(who=person, by=agent, act=st.sampled_from(ACTS))
    def desk(self, who: Any, by: str, act: str) -> None:
        world = self.world
        if act == "take":
            self.do(world.comes(by))
            self.do(world.takes(by, who))
        elif act.startswith("say"):
            self.said += act == "say"
            self.do(world.says(by, who, f"{by}{self.said}"))
        elif act in ("come", "go"):
            self.do(world.comes(by) if act == "come" else world.goes(by))
        else:
            self.do(world.leaves(by, who, act))

    @precondition(lambda self: any(t.agent for t in self.world.model.talks.values()))
    @rule(act=st.sampled_from(ACTS))
    def desk_of_who_has_it(self, act: str) -> None:
        who = next(w for w, c in self.world.ids.items() if self.world.model.talks[c].agent)
        self.desk(who, self.world.model.talks[self.world.ids[who]].agent, act)

    @rule(who=person, what=st.sampled_from(OUTSIDE))
    def outside(self, who: Any, what: str) -> None:
        world, conversation = self.world, self.world.ids[who]
        if what == "price":
            world.till.price_fen += 100
        elif what.startswith("subscriber"):
            self.do(world.number_goes(who, heard=what == "subscriber"))
        elif what.startswith("bot"):
            world.bot.fails.append(TurnFailed("broken", permanent=what == "bot is broken"))
        for adapter in world.adapters.values():
            (adapter.gone.add if what == "unreachable" else adapter.gone.discard)(conversation)

    @rule(seconds=st.sampled_from([5, 31, 61, 601, 3601]))
    def time_passes(self, seconds: int) -> None:
        """Presence lasts 30 s, a place in the queue is looked at each 60, an offer 600, a session an hour."""
        self.world.clock.forward(seconds)
        self.do(self.world.acquires(self.working()))

    # --- what comes between ------------------------------------------------------------------------------------------

    @rule(
        who=person,
        text=st.sampled_from(["确认", "买", "你好", "人工"]),
        at=st.sampled_from(STOPS[:-1]),
        what=between,
        on=stops,
    )
    def is_overtaken(self, who: Any, text: str, at: str, what: list[str], on: frozenset[str]) -> None:
        """Something happens while a turn is on its way; then the turn goes on, and so does another worker."""
        who = self.shown_to(who) if text == "确认" else who
        self.asks(who, text, frozenset({at}))
        for one in what:
            self.happens(who, one)
        self.all_go_on(on)

    @precondition(lambda self: self.world.model.on_their_way())
    @rule(who=person, what=between, on=stops)
    def is_overtaken_while_sending(self, who: Any, what: list[str], on: frozenset[str]) -> None:
        self.do(self.world.sends(self.working(), who, frozenset({"taken"})))
        for one in what:
            self.happens(who, one)
        self.all_go_on(on)

    def happens(self, who: Any, what: str) -> None:
        if what in ACTS:
            self.desk(who, "lin", what)
        elif what in OUTSIDE:
            self.outside(who, what)
        elif what == "lease":
            self.lease_goes_to(1 if self.world.workers[0].holding else 0)
            self.do(self.world.works(self.working(), who, frozenset()))
        elif what == "death":
            self.dies(starts=True)
        else:
            self.time_passes(601)

    def all_go_on(self, on: frozenset[str]) -> None:
        for worker, lane in self.world.jobs():
            if lane in worker.jobs:
                self.do(self.world.goes_on(worker, lane, on))

    # --- workers -----------------------------------------------------------------------------------------------------

    def working(self) -> Worker:
        """Who holds the lease; w1 takes it when nobody does."""
        for each in self.world.workers:
            if each.holding and each.holding.token == self.world.model.lease:
                return each
        first = self.world.workers[0]
        self.do(self.world.acquires(first))
        if not first.holding:
            self.do(self.world.acquires(first))
        return first

    @precondition(lambda self: self.world.jobs())
    @rule(nth=st.integers(0, 3), at=stops)
    def goes_on(self, nth: int, at: frozenset[str]) -> None:
        """What stopped on its way, perhaps of a worker that holds nothing any more."""
        jobs = self.world.jobs()
        self.do(self.world.goes_on(*jobs[nth % len(jobs)], at))

    @precondition(lambda self: self.world.model.on_their_way())
    @rule(who=person, at=stops)
    def sends(self, who: Any, at: frozenset[str]) -> None:
        self.do(self.world.sends(self.working(), who, at))

    @rule(who=person)
    def catches_up(self, who: Any) -> None:
        """All of one person's messages, in and out."""
        by = self.working()
        for act in (self.world.works, self.world.sends):
            for _ in range(9):
                if not self.do(act(by, who, frozenset())):
                    break

    @precondition(lambda self: any(t.waiting for t in self.world.model.talks.values()))
    @rule(who=person)
    def looks_up(self, who: Any) -> None:
        self.do(self.world.looks_up(self.working(), who))

    @rule(n=st.integers(0, 1))
    def lease_goes_to(self, n: int) -> None:
        """As after 3 s without a renewal; who had it does not know yet."""
        self.do(self.world.lease_passes())
        if not self.world.workers[n].holding:
            self.do(self.world.acquires(self.world.workers[n]))

    @rule(n=st.integers(0, 1))
    def renews(self, n: int) -> None:
        self.do(self.world.acquires(self.world.workers[n]))

    @rule(starts=st.booleans())
    def dies(self, starts: bool) -> None:
        by = self.working()
        self.do(self.world.dies(by))
        if starts:
            self.do(self.world.acquires(by))

    # --- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def everything_is_as_the_model_says(self) -> None:
        if self.changed:
            self.do(self.look.at_everything())
        self.changed = False
        self.nothing_is_broken()

    def nothing_is_broken(self) -> None:
        if self.world.model.broken:
            raise AssertionError("\n".join(self.world.model.broken))

    def teardown(self) -> None:
        if hasattr(self, "world"):
            healthy = not self.world.model.broken
            self.do(self.comes_to_rest(healthy))
            if healthy:
                self.nothing_is_broken()

    async def comes_to_rest(self, healthy: bool) -> None:
        """Whatever happened: one worker that is left to itself brings everything to its end."""
        world = self.world
        for each in world.workers:
            await world.dies(each)
        if not healthy:
            return
        world.bot.fails.clear()
        await world.lease_passes()
        await world.acquires(world.workers[0])
        for _ in range(50):
            moved = [await world.works(world.workers[0], who, frozenset()) for who in PEOPLE]
            moved += [await world.sends(world.workers[0], who, frozenset()) for who in PEOPLE]
            if not any(moved):
                break
        await self.look.at_everything()
        world.model.came_to_rest(world.ids.values())
