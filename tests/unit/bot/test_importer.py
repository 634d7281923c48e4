from __future__ import annotations

import warnings

import pytest
from rasa.shared.importers.importer import TrainingDataImporter

from tests.unit.bot.tiny import write


@pytest.fixture
def project(tmp_path):
    root = write(tmp_path / "project")
    domain = (root / "domain.yml").read_text(encoding="utf-8")
    (root / "domain.yml").write_text(
        domain[: domain.index("responses:")] + domain[domain.index("session_config:") :], encoding="utf-8"
    )
    config = (root / "config.yml").read_text(encoding="utf-8")
    (root / "config.yml").write_text(config + "importers: [{name: bot.importer.RenjiImporter}]\n", encoding="utf-8")
    return root


def imported(project):
    return TrainingDataImporter.load_from_config(
        str(project / "config.yml"), str(project / "domain.yml"), [str(project / "data")]
    )


def test_each_utter_gets_a_placeholder_and_rasa_warns_of_none(project):
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*(utter_|wording).*")
        domain = imported(project).get_domain()
    assert {"utter_greet", "utter_done", "utter_ask_code"} <= set(domain.responses)


def test_the_rest_of_the_domain_stays(project):
    domain = imported(project).get_domain()
    assert domain.session_config.session_expiration_time == 60
    assert domain.session_config.carry_over_slots is False
    assert domain.form_names == ["order_form"]


def test_a_response_without_wording_is_told(project):
    wording = project / "content" / "responses" / "all.yml"
    wording.write_text(wording.read_text(encoding="utf-8").replace("greet:", "hello:"), encoding="utf-8")
    with pytest.warns(UserWarning, match="utter_greet has no text"):
        imported(project).get_domain()


def test_rules_and_examples_are_read(project):
    read = imported(project)
    assert len(read.get_stories().story_steps) == 7
    assert {"greet", "balance", "boom", "order"} <= read.get_nlu_data().intents


def test_a_changed_file_is_read_again(project):
    assert "早上好呀" not in texts(imported(project))
    examples = project / "data" / "all.yml"
    examples.write_text(examples.read_text(encoding="utf-8").replace("- 你好", "- 早上好呀", 1), encoding="utf-8")
    assert "早上好呀" in texts(imported(project))


def test_what_one_training_changes_is_not_in_the_next(project):
    for example in imported(project).get_nlu_data().training_examples:
        example.set("text", "changed")
    assert "changed" not in texts(imported(project))


def texts(importer):
    return [example.get("text") for example in importer.get_nlu_data().training_examples]
