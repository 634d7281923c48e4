"""Who somebody is, and visits to shops, of the CRM in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import NoReturn

from crm.effects import new_id
from crm.errors import NotFound, Refused
from crm.fake_state import FakeState
from crm.model import Appointment, Interaction, PortOutCode, Proof, Shop
from crm.porting import VALID, check_free, code_of
from crm.proving import TAIL, check_enough, check_password, same_name
from crm.reference.papers import papers_of
from crm.reference.shops import demo_shops
from crm.visits import check_open, free, taken


class FakePeople(FakeState):
    """See crm.fake.FakeCrm."""

    async def verify(self, msisdn: str, proof: Proof, *, idempotency_key: str, deadline: float) -> None:
        def act() -> None:
            person = self._subscriber(msisdn)
            check_enough(proof)
            wrong, until = self.wrong_proofs.get(msisdn, (0, None))
            self.policy.proof_tries.check(until, self.clock())
            papers = papers_of(person)
            said = (
                (proof.password, self.passwords.get(msisdn, papers.password)),
                (proof.id_number.upper(), papers.id_number),
                (proof.id_tail.upper(), papers.id_number[-TAIL:]),
            )
            plan = next(p for p in self._products(msisdn) if p.category == "plan" and p.status == "active")
            fits = all(not given or given == known for given, known in said)
            fits = fits and (not proof.name or same_name(proof.name, person.name))
            if not fits or proof.monthly_fen not in (None, plan.price_fen):
                self._wrong_proof(msisdn, wrong + 1)
            self.wrong_proofs.pop(msisdn, None)

        await self._once("verify", idempotency_key, (msisdn, proof), act, deadline)

    def _wrong_proof(self, msisdn: str, wrong: int) -> NoReturn:
        tries, now = self.policy.proof_tries, self.clock()
        self.wrong_proofs[msisdn] = (wrong, tries.locked_until(wrong, now))
        tries.refuse(wrong, now)

    async def puk(self, msisdn: str, *, deadline: float) -> str:
        await self._arrive(deadline)
        return papers_of(self._subscriber(msisdn)).puk

    async def set_password(self, msisdn: str, password: str, *, idempotency_key: str, deadline: float) -> None:
        def act() -> None:
            self._subscriber(msisdn)
            check_password(password)
            self.passwords[msisdn] = password

        await self._once("password", idempotency_key, (msisdn, password), act, deadline)

    async def port_out_code(self, msisdn: str, *, idempotency_key: str, deadline: float) -> PortOutCode:
        def act() -> PortOutCode:
            now = self.clock()
            check_free(self._subscriber(msisdn), self._balance(msisdn), self._products(msisdn), now)
            return PortOutCode(code_of(b"fake", msisdn, idempotency_key), now + VALID)

        return await self._once("port_out", idempotency_key, msisdn, act, deadline)

    async def keep_interaction(self, talk: Interaction, *, idempotency_key: str, deadline: float) -> Interaction:
        def act() -> Interaction:
            self._subscriber(talk.msisdn)
            self.talks.insert(0, replace(talk, id=new_id("N", self.clock()), created_at=self.clock()))
            return self.talks[0]

        said = replace(talk, created_at=talk.began_at)
        return await self._once("interaction", idempotency_key, said, act, deadline)

    async def interactions(self, msisdn: str, *, deadline: float) -> tuple[Interaction, ...]:
        await self._arrive(deadline)
        self._subscriber(msisdn)
        mine = [talk for talk in self.talks if talk.msisdn == msisdn]
        return tuple(sorted(mine, key=lambda talk: talk.began_at, reverse=True))

    async def visit_times(self, shop_id: str, *, deadline: float) -> tuple[datetime, ...]:
        await self._arrive(deadline)
        return self._free(_shop(shop_id))

    async def book_visit(
        self, msisdn: str, shop_id: str, errand: str, at: datetime, *, idempotency_key: str, deadline: float
    ) -> Appointment:
        def act() -> Appointment:
            self._subscriber(msisdn)
            shop = _shop(shop_id)
            if at not in self._free(shop) or errand not in shop.does:
                raise Refused("slot_taken")
            check_open(self._open_visits(msisdn))
            booked = Appointment(new_id("V", self.clock()), msisdn, shop_id, errand, at)
            self.all_visits[booked.id] = booked
            return booked

        return await self._once("visit", idempotency_key, (msisdn, shop_id, errand, at), act, deadline)

    async def visits(self, msisdn: str, *, deadline: float) -> tuple[Appointment, ...]:
        await self._arrive(deadline)
        self._subscriber(msisdn)
        return tuple(sorted(self._open_visits(msisdn), key=lambda v: v.at))

    async def cancel_visit(self, visit_id: str, *, idempotency_key: str, deadline: float) -> Appointment:
        def act() -> Appointment:
            if visit_id not in self.all_visits:
                raise NotFound("visit", visit_id)
            self.all_visits[visit_id] = replace(self.all_visits[visit_id], state="cancelled")
            return self.all_visits[visit_id]

        return await self._once("cancel_visit", idempotency_key, visit_id, act, deadline)

    def _open_visits(self, msisdn: str) -> list[Appointment]:
        mine = [v for v in self.all_visits.values() if v.msisdn == msisdn and v.state == "confirmed"]
        return [v for v in mine if v.at > self.clock()]

    def _free(self, shop: Shop) -> tuple[datetime, ...]:
        return free(shop, taken([v for v in self.all_visits.values() if v.shop_id == shop.id]), self.clock())


def _shop(shop_id: str) -> Shop:
    for shop in demo_shops():
        if shop.id == shop_id:
            return shop
    raise NotFound("shop", shop_id)
