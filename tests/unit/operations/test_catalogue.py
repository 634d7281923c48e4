from __future__ import annotations

import pytest

from crm.operations.catalogue import find
from crm.reference.catalogue import demo_catalogue

GB = 1024 * 1024
PACKS = [o for o in demo_catalogue().offerings.values() if o.category == "data_pack"]


@pytest.mark.parametrize(
    ("said", "amount_fen", "volume_kb", "found"),
    [
        ("pack-5g", None, None, {"pack-5g"}),
        ("音乐包", None, None, {"pack-music"}),
        ("日包", None, None, {"pack-day-1g"}),
        ("5gb流量加油包", None, None, {"pack-5g"}),
        (None, 300, None, {"pack-day-1g"}),
        (None, None, 5 * GB, {"pack-5g", "pack-monthly-5g"}),
        (None, 1000, 5 * GB, {"pack-5g"}),
        (None, 777, None, set()),
        (None, -1, None, set()),
        ("免费包", None, None, set()),
        (None, None, None, set()),
    ],
)
def test_people_name_packs_by_name_price_and_volume(
    said: str | None, amount_fen: int | None, volume_kb: int | None, found: set[str]
) -> None:
    assert {o.id for o in find(PACKS, said, amount_fen, volume_kb)} == found
