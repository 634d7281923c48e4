"""Which programs a changed file restarts under `make dev`."""

from __future__ import annotations

import pytest

pytest.importorskip("watchfiles", reason="only make dev and the full environment have watchfiles")

from deploy.watch import programs_for  # noqa: E402


@pytest.mark.parametrize(
    ("path", "programs"),
    [
        ("gateway.py", ("gateway",)),
        ("doors.py", ("actions", "rasa-a", "rasa-b")),
        ("console/sent.py", ("actions", "rasa-a", "rasa-b")),
        ("console/directory.py", ("worker", "gateway", "actions", "rasa-a", "rasa-b")),
        ("console/tables.py", ("worker", "gateway", "actions", "rasa-a", "rasa-b")),
        ("console/writer.py", ("worker", "gateway")),
        ("bot/action_runs.py", ("actions", "rasa-a", "rasa-b")),
        ("bot/wordings.py", ("worker", "gateway", "rasa-a", "rasa-b")),
        ("bot/turn.py", ("worker", "rasa-a", "rasa-b")),
        ("switchboard/lanes.py", ("worker", "gateway", "actions", "rasa-a", "rasa-b")),
        ("switchboard/redis/commit.lua", ("worker", "gateway", "actions", "rasa-a", "rasa-b")),
        ("connectors/sms/adapter.py", ("worker", "gateway")),
        ("console/desk/templates/queue.html", ("gateway",)),
        ("crm/reference/orders.py", ("crm",)),
        ("crm/operations/order.py", ("gateway", "worker", "actions", "rasa-a", "rasa-b")),
        ("bot/actions/balance.py", ("actions", "rasa-a", "rasa-b")),
        ("bot/channel.py", ("rasa-a", "rasa-b")),
        ("bot/nlu/classifier.py", ()),
        ("content/responses/balance.yml", ()),
        ("content/terms/commands.yml", ("worker", "actions", "rasa-a", "rasa-b")),
        ("crm/reference/data/catalogue.yml", ("crm",)),
        ("data/nlu/balance.yml", ()),
        ("console/__pycache__/desk.cpython-310.pyc", ()),
    ],
)
def test_a_changed_file_restarts_what_loads_it(path: str, programs: tuple[str, ...]) -> None:
    assert programs == programs_for({path})


def test_each_program_is_restarted_once() -> None:
    assert ["gateway", "worker"] == sorted(programs_for({"console/a.py", "connectors/b.py"}))
