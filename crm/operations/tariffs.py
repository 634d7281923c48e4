"""What a service costs by country, out of what the CRM says of the service: nothing here knows a price."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from crm.model import Offering, TariffUse

KB_PER_MB = 1024
CALLED_FROM_HOME: frozenset[TariffUse] = frozenset({"call", "text"})


def for_use_abroad(services: Iterable[Offering]) -> Offering | None:
    """The service with prices of use abroad; None where the CRM tells none."""
    return next((one for one in services if one.tariffs and not _uses(one) & CALLED_FROM_HOME), None)


def for_calls_out(services: Iterable[Offering]) -> Offering | None:
    """The service with prices of calls from home to other countries; None where the CRM tells none."""
    return next((one for one in services if _uses(one) & CALLED_FROM_HOME), None)


def rates_in(service: Offering, countries: Sequence[str]) -> Mapping[TariffUse, int] | None:
    """Prices in fen by use, where they are the same in all of these countries; {} where the service does not work,
    None where the CRM says nothing of one of them, or different things."""
    found = [next((t.rates for t in service.tariffs if one in t.countries), None) for one in countries]
    if not found or None in found or any(rates != found[0] for rates in found):
        return None
    return {rate.use: rate.amount_fen for rate in found[0] or ()}


def instead_of(pack: Offering, service: Offering | None, countries: Sequence[str]) -> int:
    """What a pack's data would cost without it in these countries, in fen; 0 where that is not known."""
    rates = rates_in(service, countries) if service else None
    return pack.granted("data") // KB_PER_MB * (rates or {}).get("mb", 0)


def _uses(service: Offering) -> set[TariffUse]:
    return {rate.use for tariff in service.tariffs for rate in tariff.rates}
