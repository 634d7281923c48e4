"""docs/your-crm.md names every call of the port, and every service of the worked adapter."""

from __future__ import annotations

import re
from pathlib import Path

from crm.carrier.services import SERVICES
from crm.port import Crm

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "your-crm.md").read_text()
CALLS = {name for name in vars(Crm) if not name.startswith("_")}


def test_every_call_of_the_port_has_a_service() -> None:
    assert CALLS == SERVICES.keys()


def test_the_page_shows_the_services_as_they_are() -> None:
    shown = re.findall(r"^\| `([a-z_]+)` \| `([A-Z_]+)` \|$", PAGE, re.MULTILINE)
    assert {call: service.code for call, service in SERVICES.items()} == dict(shown)


def test_every_call_of_the_port_stands_in_the_first_table() -> None:
    table = PAGE[PAGE.index("## Calls") : PAGE.index("## Our profile")]
    assert [] == sorted(call for call in CALLS if f"`{call}`" not in table)
