"""Carries out the steps of a transcript and says which line went another way."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shlex
from pathlib import Path

import aiohttp

from connectors import utc_now
from crm.happenings import Event, event_to
from crm.port import within
from crm.tmf import tmf_crm
from tests.desk import Desk
from tests.english import ENGLISH, chinese_in
from tests.people import Heard, Person, World
from tests.stack import Stack
from tests.transcripts.runner import PATIENCE_S, Step, fill, pattern, read


class Player:
    """Plays one transcript. An Address is opened, and what was said there before forgotten, when it is first named."""

    def __init__(self, stack: Stack, world: World, http: aiohttp.ClientSession) -> None:
        self._stack, self._world = stack, world
        self._people: dict[str, Person] = {}
        self._desk = Desk(stack, http)
        self._values: dict[str, str] = {}

    async def play(self, path: Path) -> None:
        """Raises AssertionError that names the file's line."""
        try:
            steps = list(read(path))
            for step in steps:
                # A phone that only listens has to be there before something is sent to it.
                if step.who.startswith("sms:"):
                    await self._person(step.who)
            for step in steps:
                try:
                    await self._carry_out(step)
                except (AssertionError, TimeoutError) as error:
                    raise AssertionError(f"{path.name}:{step.number}: {error}") from None
            await self._nothing_more()
        finally:
            await self._desk.leave_all()

    async def _carry_out(self, step: Step) -> None:
        if step.who == "system":
            await self._system(step.verb, step.what)
        elif step.who == "payer":
            await self._pay(step.verb)
        elif step.who == "crm":
            await self._tell(step.verb, *step.what.split(maxsplit=1))
        elif step.who.startswith("agent:"):
            await self._agent(step.who.removeprefix("agent:"), step.verb, step.what)
        elif step.verb == ">":
            await self._say(step)
        else:
            await self._hear(step)

    async def _say(self, step: Step) -> None:
        person = await self._person(step.who)
        unread = await person.unread()
        assert not unread, f"was also told: {unread[0]}"
        if step.what.startswith("[") and step.what.endswith("]"):
            await person.tap(step.what[1:-1])
        else:
            await person.say(fill(step.what, self._values))

    async def _hear(self, step: Step) -> None:
        heard = await (await self._person(step.who)).next(PATIENCE_S)
        shown = shown_as(heard)
        match = pattern(step.what).fullmatch(shown)
        assert match, f"expected {step.what!r}\n     saw      {shown!r}"
        chinese = chinese_in(shown) if ENGLISH.search(step.what) else []
        assert not chinese, f"in English: {chinese}"
        self._values.update({name: value for name, value in match.groupdict().items() if value})

    async def _nothing_more(self) -> None:
        await asyncio.sleep(0.3)
        for name, person in self._people.items():
            unread = await person.unread()
            assert not unread, f"{name} was also told: {unread[0]}"

    async def _agent(self, name: str, verb: str, what: str) -> None:
        if verb in ("arrives", "leaves"):
            await (self._desk.arrive(name) if verb == "arrives" else self._desk.leave(name))
        elif verb == ">":
            await self._desk.say(name, what)
        else:
            person = await self._person(what)
            await self._desk.act(name, verb, await self._conversation(what, person))

    async def _conversation(self, who: str, person: Person) -> str:
        return person.address().conversation_id(self._world.settings.key("conversation"))

    async def _system(self, verb: str, what: str) -> None:
        if verb == "waits":
            await asyncio.sleep(float(what))
        elif verb == "types":
            said = await asyncio.to_thread(self._stack.type, *shlex.split(fill(what, self._values)))
            self._values["named"] = said.split()[0]
        elif verb == "stops":
            self._stack.kill(what)
        elif verb == "starts":
            self._stack.spawn(what)
            await asyncio.to_thread(self._stack.wait_ready, what)
        else:
            raise AssertionError(f"system cannot {verb}")

    async def _pay(self, verb: str) -> None:
        await self._desk.pay(self._values["url"], verb)

    async def _tell(self, kind: str, who: str, values: str = "{}") -> None:
        """What the CRM tells of a number unasked."""
        settings, now = self._world.settings, utc_now()
        async with tmf_crm(settings.crm_url, settings.key("crm").hex(), utc_now) as crm:
            person = await crm.subscriber_of(who.removeprefix("sms:"), deadline=within(5))
        language = "en" if person.language == "en" else "zh"
        key = f"{kind}:{now.isoformat()}"
        event = Event(kind, key, person.msisdn, person.id, language, now, json.loads(fill(values, self._values)))
        headers = {"Authorization": f"Bearer {settings.key('crm').hex()}"}
        url = f"{self._stack.url}/crm/events"
        async with aiohttp.request("POST", url, json=event_to(event), headers=headers) as answer:
            assert answer.status == 200, await answer.text()

    async def _person(self, who: str) -> Person:
        if who not in self._people:
            channel, _, name = who.partition(":")
            if channel == "sms":
                self._people[who] = self._world.sms(name)
            elif channel == "wechat":
                self._people[who] = self._world.wechat(name)
            elif channel == "web":
                self._people[who] = await self._world.web()
            else:
                raise AssertionError(f"nobody is called {who}")
            if channel != "web":  # a browser is a new session each time
                await self._world.forget(self._people[who])
        return self._people[who]


def shown_as(heard: Heard) -> str:
    """A message in one line: text, then what can be tapped in brackets."""
    return " ".join([heard.text, *(f"[{label}]" for label in heard.choices)])


@contextlib.asynccontextmanager
async def player(stack: Stack, world: World):  # type: ignore[no-untyped-def]
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        yield Player(stack, world, http)
