"""Said to the bot out of the blue, no real line does anything, and hardly one opens a dialog that nobody wanted."""

from __future__ import annotations

import pytest
from ruamel.yaml import YAML

from tests.nlu.acted import TRANSACTION_FORMS, play
from tests.nlu.examples import ROOT
from tests.nlu.labels import EVAL, Line, dev_lines, transactions
from tests.nlu.measure import Judged, judge

MOST_OPENED_WRONGLY = 0.005
# The first test waits for the release.
pytestmark = [pytest.mark.rasa, pytest.mark.timeout(600)]
needs_dev = pytest.mark.skipif(
    not (EVAL / "requests_dev.tsv").is_file(), reason="the evaluation lines are not beside the project"
)


def test_every_form_that_orders_is_watched():
    forms = set(YAML(typ="safe").load(ROOT / "domain.yml")["forms"])
    asked = {"report_fault_form", "complain_form", "lead_form", "login_form"}
    read = asked | {"query_call_detail_form", "query_puk_form", "invoice_form"}
    assert read == forms - TRANSACTION_FORMS


@needs_dev
def test_real_lines_do_nothing_unasked(understanding):
    judged = judge(dev_lines(), understanding.parse)
    acted = play([one for one in judged if transactions() & set(one.begun)])
    assert () == acted.executed
    assert len(acted.opened_wrongly) <= MOST_OPENED_WRONGLY * len(judged), acted.opened_wrongly


def test_a_dialog_that_nobody_wanted_is_counted():
    wish = {"name": "order_data_pack", "confidence": 0.9}
    parsed = {"intent": wish, "intent_ranking": [wish], "entities": []}
    acted = play([Judged(Line("x", "natural", "那个", "greet", ""), parsed, False)])
    assert ((), 1) == (acted.executed, len(acted.opened_wrongly))
