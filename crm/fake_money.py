"""Money that comes into the CRM in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from crm.effects import Effects, new_id, settled
from crm.errors import Refused
from crm.fake_state import FakeState
from crm.model import Payment, Refund, TopUp
from crm.refunds import Claim, given_back


class FakeMoney(FakeState):
    """See crm.fake.FakeCrm."""

    async def create_payment(
        self, msisdn: str, amount_fen: int, conversation: str, *, idempotency_key: str, deadline: float
    ) -> Payment:
        def act() -> Payment:
            self._subscriber(msisdn)
            self.policy.check_top_up(amount_fen)
            now = self.clock()
            payment = Payment(
                new_id("PAY", now), msisdn, amount_fen, "hosted", "pending", now, conversation=conversation
            )
            self.all_payments[payment.id] = payment
            return payment

        return await self._once("payment", idempotency_key, (msisdn, amount_fen, conversation), act, deadline)

    async def top_up_paid(self, payment_id: str, amount_fen: int, *, idempotency_key: str, deadline: float) -> TopUp:
        def act() -> TopUp:
            payment, now = self._payment(payment_id), self.clock()
            if payment.amount_fen != amount_fen:
                raise Refused("amount_mismatch", {"expected_fen": payment.amount_fen, "actual_fen": amount_fen})
            if payment.state == "done":
                raise Refused("payment_state", {"state": payment.state})
            self.all_payments[payment_id] = replace(payment, state="done", paid_at=now)
            return self._credit(payment.msisdn, amount_fen, payment_id)

        return await self._once("topup", idempotency_key, (payment_id, amount_fen), act, deadline)

    async def top_up_card(self, msisdn: str, card_number: str, *, idempotency_key: str, deadline: float) -> TopUp:
        def act() -> TopUp:
            self._subscriber(msisdn)
            now = self.clock()
            wrong, until = self.wrong_cards.get(msisdn, (0, None))
            self.policy.card_tries.check(until, now)
            if card_number not in self.cards:
                self._wrong_card(msisdn, wrong + 1, now)
            amount, used_by = self.cards[card_number], self.card_users.get(card_number)
            if used_by:
                raise Refused("card_used_by_you", {"amount_fen": amount}) if used_by == msisdn else Refused("card_used")
            self.card_users[card_number] = msisdn
            self.wrong_cards.pop(msisdn, None)
            payment = Payment(new_id("PAY", now), msisdn, amount, "card", "done", now, now)
            self.all_payments[payment.id] = payment
            return self._credit(msisdn, amount, payment.id)

        return await self._once("card", idempotency_key, (msisdn, card_number), act, deadline)

    async def refund(self, msisdn: str, offering_id: str, *, idempotency_key: str, deadline: float) -> Refund:
        def act() -> Refund:
            self._subscriber(msisdn)
            now, back = self.clock(), given_back(self._claim(msisdn, offering_id))
            made = Refund(new_id("R", now), msisdn, offering_id, sum(back.amounts.values()), now)
            if back.amounts:
                self.refunded.update(dict.fromkeys(back.amounts, now))
                self._apply(msisdn, Effects(changed=back.products))
                over = {a.id: a for a in back.allowances}
                self.grants[msisdn] = [over.get(a.id, a) for a in self.grants[msisdn]]
                self._give(msisdn, made.amount_fen)
            return made

        return await self._once("refund", idempotency_key, (msisdn, offering_id), act, deadline)

    def _claim(self, msisdn: str, offering_id: str) -> Claim[tuple[str, str, int]]:
        orders = sorted(self.all_orders.values(), key=lambda o: o.placed_at, reverse=True)
        items = [((msisdn, b.month, n), i) for b in self.all_bills[msisdn] for n, i in enumerate(b.items)]
        of_it = [(key, item) for key, item in items if item.offering_id == offering_id]
        now = self.clock()
        return Claim(
            offering_id=offering_id,
            held=[p for p in self._products(msisdn) if p.offering_id == offering_id],
            charges=[(key, item) for key, item in of_it if key not in self.refunded],
            orders=[o for o in orders if o.msisdn == msisdn],
            allowances=[a for a in self.grants[msisdn] if a.valid_until > now],
            last=max((self.refunded[key] for key, _ in of_it if key in self.refunded), default=None),
            policy=self.policy,
            now=now,
        )

    def _credit(self, msisdn: str, amount_fen: int, payment_id: str) -> TopUp:
        now = self.clock()
        return TopUp(new_id("U", now), msisdn, amount_fen, self._give(msisdn, amount_fen), now, payment_id)

    def _give(self, msisdn: str, amount_fen: int) -> int:
        """Settle what is owed, oldest first; what is in the general bucket then."""
        left = amount_fen
        for index, bill in sorted(enumerate(self.all_bills[msisdn]), key=lambda pair: pair[1].month):
            due, left = settled(bill.due_fen, left)
            state = "settled" if bill.state == "overdue" and not due else bill.state
            self.all_bills[msisdn][index] = replace(bill, due_fen=due, state=state)
        balance_fen = self._move(msisdn, amount_fen)
        if balance_fen >= 0 and self.subscribers[msisdn].suspended_for == "arrears":
            self._restore(msisdn)
        return balance_fen

    def _wrong_card(self, msisdn: str, wrong: int, now: datetime) -> None:
        tries = self.policy.card_tries
        self.wrong_cards[msisdn] = (wrong, tries.locked_until(wrong, now))
        tries.refuse(wrong, now)
