from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from bot import release
from bot.release import BadRelease, Releases, build, model_fingerprint, publish_content
from bot.serve import RELEASE_VARIABLE, command, prepare
from bot.wordings import Wordings
from switchboard.errors import BadWording
from switchboard.redis.keys import LIVE_RELEASE
from tests.unit.bot.tiny import write

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Models "trained": Rasa is not needed to make a Release."""
    made: list[Path] = []

    def train(root: Path, model: Path) -> None:
        made.append(model)
        model.parent.mkdir(parents=True, exist_ok=True)
        model.write_bytes(f"model {len(made)}".encode())

    monkeypatch.setattr(release, "train", train)
    return made


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    root = write(tmp_path / "project")
    (root / "var").mkdir()
    return Releases(root, root / "var" / "releases", root / "models", root / "content")


def made(releases: Releases, at: datetime = NOW) -> str:
    release_id = build(releases, at)
    releases.set_live(release_id)
    return release_id


def say(releases: Releases, text: str) -> None:
    wording = releases.content / "responses" / "all.yml"
    wording.write_text(wording.read_text(encoding="utf-8").replace("您好，我是机器人。", text), encoding="utf-8")


def test_a_release_holds_model_wording_and_hashes(releases, trainings):
    release_id = made(releases)
    manifest = releases.verify(release_id)
    assert set(manifest["files"]) == {"model.tar.gz", "content/responses/all.yml"}
    assert releases.live() == release_id


def test_the_same_sources_make_no_second_release(releases, trainings):
    assert made(releases) == made(releases, NOW + timedelta(hours=1))
    assert len(trainings) == 1


def test_changed_wording_trains_nothing(releases, trainings):
    first = made(releases)
    say(releases, "你好呀。")
    second = made(releases, NOW + timedelta(minutes=1))
    assert (first != second, len(trainings)) == (True, 1)
    assert releases.model_of(first) == releases.model_of(second)


def test_wording_is_published_with_the_live_model_even_when_data_changed(releases, trainings):
    made(releases)
    (releases.root / "data" / "more.yml").write_text("nlu: []", encoding="utf-8")
    say(releases, "你好呀。")
    second = publish_content(releases, NOW + timedelta(minutes=1))
    said = Wordings(releases.directory, releases.content).get(second).render("greet", "web", "zh", {})
    assert (said.text, len(trainings)) == ("你好呀。", 1)


def test_an_old_release_still_says_what_it_said(releases, trainings):
    first = made(releases)
    say(releases, "你好呀。")
    made(releases, NOW + timedelta(minutes=1))
    wordings = Wordings(releases.directory, releases.content)
    assert wordings.get(first).render("greet", "web", "zh", {}).text == "您好，我是机器人。"
    assert wordings.get("").render("greet", "web", "zh", {}).text == "你好呀。"


def test_changed_training_data_trains(releases, trainings):
    before = model_fingerprint(releases.root)
    made(releases)
    (releases.root / "data" / "more.yml").write_text("nlu: []", encoding="utf-8")
    made(releases, NOW + timedelta(minutes=1))
    assert (model_fingerprint(releases.root) != before, len(trainings)) == (True, 2)


def test_a_model_that_was_trained_before_is_used_again(releases, trainings):
    made(releases)
    more = releases.root / "data" / "more.yml"
    more.write_text("nlu: []", encoding="utf-8")
    made(releases, NOW + timedelta(minutes=1))
    more.unlink()
    made(releases, NOW + timedelta(minutes=2))
    assert len(trainings) == 2


def test_an_earlier_release_becomes_live_again_if_it_is_whole(releases, trainings):
    first = made(releases)
    say(releases, "你好呀。")
    second = made(releases, NOW + timedelta(minutes=1))
    assert releases.all() == [first, second]
    assert release.make(releases, "use", first) == first
    (releases.directory / first / "model.tar.gz").unlink()
    with pytest.raises(BadRelease):
        release.make(releases, "use", first)


def test_a_response_without_wording_is_refused_before_training(releases, trainings):
    domain = releases.root / "domain.yml"
    text = domain.read_text(encoding="utf-8").replace("utter_greet,", "utter_greet, utter_silent,")
    domain.write_text(text, encoding="utf-8")
    with pytest.raises(BadWording, match="utter_silent"):
        build(releases, NOW)
    assert trainings == []


def test_a_model_that_is_not_the_manifests_is_not_served(releases, trainings):
    release_id = made(releases)
    (releases.directory / release_id / "model.tar.gz").write_bytes(b"another")
    with pytest.raises(BadRelease, match=r"model\.tar\.gz"):
        prepare(releases, release_id, {})


def test_a_file_that_is_missing_is_noticed(releases, trainings):
    release_id = made(releases)
    (releases.directory / release_id / "content" / "responses" / "all.yml").unlink()
    with pytest.raises(BadRelease, match=r"all\.yml"):
        prepare(releases, release_id, {})


def test_a_slot_serves_the_checked_model(releases, trainings):
    release_id = made(releases)
    model, environment = prepare(releases, release_id, {"PATH": "/bin"})
    assert command(model, "127.0.0.1", 5005)[1:] == ["-m", "bot.server", str(model), "127.0.0.1", "5005"]
    assert environment[RELEASE_VARIABLE] == f"{release_id} {releases.model_of(release_id)}"
    assert environment["RASA_TELEMETRY_ENABLED"] == "false"


def test_without_a_live_release_nothing_is_served(releases):
    releases.directory.mkdir(parents=True)
    with pytest.raises(BadRelease):
        prepare(releases, releases.live(), {})


async def test_the_live_release_is_announced(redis, redis_server):
    assert await release.announce(f"unix://{redis_server}", "r1")
    assert await redis.get(LIVE_RELEASE) == b"r1"


async def test_without_redis_the_file_is_enough(tmp_path):
    assert not await release.announce(f"unix://{tmp_path}/none.sock", "r1")


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "nowhere"])
def test_a_release_that_is_none_is_bad_wording(releases, name):
    with pytest.raises(BadWording):
        Wordings(releases.directory, releases.content).get(name)
