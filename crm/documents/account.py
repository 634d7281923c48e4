"""632 Individual, 651 Agreement and 666 BillingAccount: what the CRM tells others; the bot reads the same from 629, 637
and 654."""

from __future__ import annotations

from collections.abc import Sequence

from crm.documents.scalars import Document, characteristics_to, day_to, moment_to, money_to
from crm.model import Balance, Product, Subscriber


def individual_to(person: Subscriber) -> Document:
    place = {"phoneNumber": person.msisdn, "city": person.city, "stateOrProvince": person.region}
    return {
        "id": person.id, "fullName": person.name, "birthDate": day_to(person.birth_date), "status": "validated",
        "contactMedium": [{"mediumType": "phone", "preferred": True, "characteristic": place}],
        "languageAbility": [{"languageCode": person.language, "isFavouriteLanguage": True}],
        "partyCharacteristic": [c | {"valueType": "boolean"} for c in characteristics_to({"student": person.student})],
        "@type": "Individual",
    }  # fmt: skip


def billing_account_to(account_id: str, numbers: Sequence[tuple[Subscriber, Balance]]) -> Document:
    """The money of all numbers of an account: what can pay for orders, and what is owed."""
    sums = {
        "deposit": sum(balance.payable_fen for _, balance in numbers),
        "arrears": sum(balance.arrears_fen for _, balance in numbers),
    }
    as_of = {"startDateTime": moment_to(max(balance.as_of for _, balance in numbers))}
    return {
        "id": account_id, "name": account_id, "accountType": "residential", "state": "active",
        "paymentStatus": "inArrears" if sums["arrears"] else "paid",
        "accountBalance": [
            {"balanceType": kind, "amount": money_to(fen), "validFor": as_of} for kind, fen in sums.items()
        ],
        "relatedParty": [_party(person, "holder" if person.account_holder else "user") for person, _ in numbers],
        "@type": "BillingAccount",
    }  # fmt: skip


def agreement_to(product: Product, person: Subscriber) -> Document:
    """A product that is held for a term; its end is `lock_in_until`."""
    assert product.lock_in_until
    return {
        "id": product.id, "name": product.name.zh, "description": product.name.en, "agreementType": "lockIn",
        "status": "inProcess" if product.status == "pendingActive" else "active",
        "agreementPeriod": {"startDateTime": moment_to(product.since), "endDateTime": day_to(product.lock_in_until)},
        "agreementItem": [
            {"productOffering": [{"id": product.offering_id, "name": product.name.zh}], "product": [{"id": product.id}]}
        ],
        "engagedParty": [_party(person, "customer")], "@type": "Agreement",
    }  # fmt: skip


def _party(person: Subscriber, role: str) -> Document:
    return {"id": person.msisdn, "name": person.name, "role": role, "@referredType": "Customer"}
