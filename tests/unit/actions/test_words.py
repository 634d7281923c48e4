"""The actions, the domain and the words fit together."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.actions import guide, line, skills
from crm.errors import REASONS
from crm.operations.results import REFUSALS
from tests.unit.content.test_responses import ROOT, entries

LITERAL = re.compile(r'"([a-z_]+)"')
TRADES = (
    "order_data_pack", "cancel_data_pack", "change_plan", "undo_plan_change", "redeem_points", "suspend_number",
    "report_lost_sim",
)  # fmt: skip
FAMILIES = {
    *(f"refused_{code}" for code in REASONS | REFUSALS),
    *(f"{step}_{trade}" for step in ("ask", "quote", "nothing_to") for trade in TRADES),
    *(f"cut_off_{cause}" for cause in line.TOLD),
    *(f"ticket_{kind}" for kind in ("fault", "complaint", "callback", "lead")),
    *(f"guide_{intent}" for intent in guide.GUIDED | {"broadband_new", "consult_business", "consult_handset"}),
    *(f"faq_{topic}" for topic in guide.FAQ),
}
BY_THE_CRM = {
    "code_order", "code_login", "code_port_out", "incident_restored", "line_was_stopped", "line_may_be_stopped",
    "password_was_set", "password_may_be_set",
}  # fmt: skip
BY_NOTICES = {name for name in entries() if name.startswith("notice_")}
"""Said by whoever raises a notice, and by nobody else."""


@pytest.fixture(scope="module")
def domain() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    return loaded


def wishes() -> dict[str, dict[str, str]]:
    loaded: dict[str, dict[str, str]] = YAML(typ="safe", pure=True).load(
        (ROOT / "content" / "terms" / "wishes.yml").read_text(encoding="utf-8")
    )
    return loaded


def test_everything_that_is_said_has_words_and_all_words_are_said() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot" / "actions").glob("*.py"))
    literals = set(LITERAL.findall(source))
    said = set(re.findall(r'say\(\s*"([a-z_]+)"', source)) | FAMILIES | BY_THE_CRM | {"form_cut"}
    known = set(entries())
    assert said - known == set()
    assert known - FAMILIES - BY_THE_CRM - BY_NOTICES - literals - {"form_cut"} == set()


def test_the_domain_lists_exactly_the_actions_that_exist(domain: dict[str, Any]) -> None:
    assert sorted(domain["actions"]) == sorted(skills.action_names())


def test_what_is_asked_back_is_what_can_be_chosen() -> None:
    assert set(wishes()) == skills.OFFERED


def test_a_short_name_is_short_and_no_two_wishes_share_one() -> None:
    for language, most in (("zh", 8), ("en", 22)):
        names = [names[language] for names in wishes().values()]
        assert [name for name in names if len(name) > most] == []
        assert len(set(names)) == len(names)


def test_the_questions_that_are_answered_are_those_that_are_understood() -> None:
    taught = YAML(typ="safe", pure=True).load((ROOT / "data" / "nlu" / "faq.yml").read_text(encoding="utf-8"))["nlu"]
    assert {block["metadata"]["topic"] for block in taught if "metadata" in block} == guide.FAQ
