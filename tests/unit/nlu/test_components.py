"""Single components: splitting wishes, noise, tokens, features and the linear model."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.grams import grams, shaped
from bot.nlu.linear import Calibration, LinearModel, Schedule, discounted, fit, softmax
from bot.nlu.noise import SOURCE, Noise, Phrases, Pool, TrainingNoise
from bot.nlu.parts import PARTS
from bot.nlu.wishes import SeveralWishes, WishParts

NONE = np.array([], np.int64)
PHRASES = {"zh": Phrases(("喂",), ("呃",), ("吗",), ("东头", "明天", "孩子", "老张"), "")}


def cut(text: str) -> list[str]:
    splitter = WishParts(WishParts.get_default_config())
    message = splitter.process([Message({"text": text})])[0]
    return [part.get("text") for part in message.get(PARTS) or ()]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("查话费和流量", ["查话费", "流量"]),
        ("话费，流量，账单", ["话费", "流量", "账单"]),
        ("查话费再查流量", ["查话费", "查流量"]),
        ("balance and data", ["balance", "data"]),
        ("查话费", []),
        ("还有多少流量", []),
        ("网速慢死了 顺便问下怎么退订", ["网速慢死了", "问下怎么退订"]),
        ("换便宜套餐 查合约到期", ["换便宜套餐", "查合约到期"]),
        ("查 话费", []),
        ("brand", []),
    ],
)
def test_a_line_is_cut_at_its_joints(text, parts):
    assert parts == cut(text)


def read(*parts: tuple[str, float], **more: list[str]) -> Message:
    lists = more or {"answerable": ["query_balance", "query_data_usage"]}
    judge = SeveralWishes({**SeveralWishes.get_default_config(), **lists})
    entries = [{"name": name, "confidence": confidence, "topic": ""} for name, confidence in parts]
    whole = Message({"text": "x", "intent": entries[0], "intent_ranking": entries})
    whole.set(PARTS, [Message({"text": "y", "intent": entry}) for entry in entries])
    return judge.process([whole])[0]


@pytest.mark.parametrize(
    ("parts", "intent", "wishes"),
    [
        ([("report_fraud", 0.9), ("a", 0.9), ("b", 0.9)], "report_fraud", None),
        ([("a", 0.9), ("b", 0.9), ("report_fraud", 0.4)], "several_questions", ["a", "b"]),
        ([("buy", 0.9), ("a", 0.9), ("b", 0.9)], "several_questions", ["a", "b", "buy"]),
        ([("a", 0.9), ("buy", 0.9), ("sell", 0.9)], "several_questions", ["a", "buy"]),
        ([("buy", 0.9), ("sell", 0.9)], "several_questions", ["buy", "sell"]),
        ([("buy", 0.9), ("sell", 0.3)], "whole", None),
    ],
)
def test_what_is_urgent_comes_alone_and_what_is_begun_comes_last(parts, intent, wishes):
    more = {"answerable": ["a", "b"], "startable": ["buy", "sell"], "urgent": ["report_fraud"]}
    message = read(("whole", 0.9), *parts, **more)
    assert (intent, wishes) == (message.get("intent")["name"], message.get("parts"))


def test_clear_different_answerable_parts_are_several_wishes():
    message = read(("query_balance", 0.9), ("query_data_usage", 0.9))
    assert "several_questions" == message.get("intent")["name"]
    assert ["query_balance", "query_data_usage"] == message.get("parts")


@pytest.mark.parametrize(
    "parts",
    [
        [("query_balance", 0.9), ("query_balance", 0.9)],
        [("query_balance", 0.9), ("query_data_usage", 0.3)],
        [("query_balance", 0.9), ("order_data_pack", 0.9)],
        [("query_balance", 0.9), ("thanks", 0.9)],
    ],
)
def test_anything_else_stays_one_wish(parts):
    assert read(*parts).get("parts") is None


def test_noise_is_the_same_every_time_and_keeps_placeholders():
    one, two = (Noise(PHRASES, 3) for _ in range(2))
    texts = ["查一下话费余额", "码⟦code:12ab⟧", "是"] * 20
    made = [one.vary(text) for text in texts]
    assert made == [two.vary(text) for text in texts]
    assert all("⟦code:12ab⟧" in made[number] for number in range(1, 60, 3))


def test_one_example_more_changes_no_other_copy_and_few_mixtures():
    texts = [f"查一下{number}号的话费" for number in range(200)]
    lines = [Message.build(text, "query") for text in [*texts, "嗯"]]
    lines[-1].set("intent", "out_of_scope")
    config = {**TrainingNoise.get_default_config(), "fragments": 0, "mixtures": 0.5, "fragment_intent": "out_of_scope"}
    more = [Message.build("帮我查查套餐", "query"), *lines]
    one, two = (
        {(e.get("text"), e.get("intent")) for e in TrainingNoise(config).process_training_data(data).training_examples}
        for data in (TrainingData(lines), TrainingData(more))
    )
    assert {"query"} != {intent for _, intent in one}
    assert len(one - two) <= 0.05 * len(one)


def test_noise_adds_copies_with_their_source_and_topic():
    data = TrainingData([Message.build("查一下话费余额", "query_balance", intent_metadata={"topic": "t"})])
    config = {**TrainingNoise.get_default_config(), "copies": 5, "fragments": 0}
    noisy = TrainingNoise(config).process_training_data(data).training_examples
    assert len(noisy) > 1
    assert {0} == {example.get(SOURCE) for example in noisy}
    assert all({"topic": "t"} == example.get("metadata")["intent"] for example in noisy)
    assert 1 == len(data.training_examples)


def test_letters_of_unknown_languages_get_no_phrases_and_typographic_marks_change_no_language():
    noise = Noise({**PHRASES, "en": Phrases(("hi",), ("um",), ("please",), ("table",), " ")}, 3)
    russian, english = ({noise.vary(text) for _ in range(60)} for text in ("где моя карта", "i’d like £5"))
    assert len(russian) > 1 and not any(set(text) & set("喂呃吗hium") for text in russian)
    assert any("please" in text for text in english) and not any(set(text) & set("喂呃吗") for text in english)


def test_which_number_it_is_does_not_matter_to_the_shape():
    assert shaped("充50") == shaped("充30")
    assert shaped("二十八的") == shaped("五十八的")
    assert "n:10086" in grams("10086", ["10086"])


def test_the_model_learns_and_its_probabilities_add_up():
    rng = np.random.default_rng(0)
    classes = np.repeat([0, 1, 2], 40)
    rows = scipy.sparse.csr_matrix(np.eye(3)[classes] + rng.normal(0, 0.05, (120, 3)))
    model = fit(rows, classes, np.arange(3), NONE, np.arange(120), Schedule(20, 2.0))
    probabilities = model.probabilities(rows[50])
    assert 1 == probabilities.argmax()
    assert pytest.approx(1.0) == probabilities.sum()


def test_two_classes_are_learned_too():
    classes = np.repeat([0, 1], 20)
    rows = scipy.sparse.csr_matrix(np.eye(2)[classes])
    model = fit(rows, classes, np.arange(2), NONE, np.arange(40), Schedule(20, 2.0))
    assert [0, 1] == [int(model.probabilities(rows[row]).argmax()) for row in (0, 39)]


def test_a_higher_temperature_is_less_sure():
    row = scipy.sparse.csr_matrix([[1.0, 0.0]])
    once = Calibration(2.0)
    sure, unsure = (LinearModel(np.eye(2, 3), np.zeros(3), NONE, used) for used in (once.sharper(4.0), once))
    assert sure.probabilities(row).max() > unsure.probabilities(row).max()
    assert pytest.approx(1.0) == softmax(np.array([[1e4, -1e4]])).sum()


def wishes(seed: int) -> tuple[scipy.sparse.csr_matrix, np.ndarray]:
    """Two wishes, and a third class that shares a feature with each."""
    rng = np.random.default_rng(seed)
    classes = np.repeat([0, 1, 2], 60)
    rows = np.hstack([np.eye(3)[classes], rng.integers(0, 2, (180, 2))])
    return scipy.sparse.csr_matrix(rows + rng.normal(0, 0.05, rows.shape)), classes


def test_what_nobody_wants_is_told_apart_from_wishes():
    rows, classes = wishes(1)
    model = fit(rows, classes, np.arange(3), np.array([2]), np.arange(180), Schedule(20, 2.0))
    probabilities = np.array([model.probabilities(row) for row in rows])
    assert probabilities.argmax(axis=1).tolist() == classes.tolist()
    assert np.allclose(1.0, probabilities.sum(axis=1), atol=1e-5)


def test_a_doubted_wish_loses_to_the_class_without_one():
    logits = np.array([[2.0, 0.0, 0.0, 4.0], [2.0, 0.0, 0.0, -4.0]])
    wanted, unwanted = discounted(logits, np.array([2]), Calibration())
    assert (0, 2) == (wanted.argmax(), unwanted.argmax())
    assert pytest.approx(1.0) == unwanted.sum()


def test_an_offset_moves_what_is_left_without_a_wish_and_a_small_slope_doubts_it():
    logits = np.array([[2.0, 0.0, 0.0, 1.0], [0.0, 0.0, 4.0, -4.0]])
    plain, likelier, doubted = (
        discounted(logits, np.array([2]), used)[:, 2]
        for used in (Calibration(), Calibration(offset=1.0), Calibration(slope=0.5))
    )
    assert (likelier < plain).all()
    assert doubted[0] > plain[0] and doubted[1] < plain[1]


def test_examples_that_say_little_of_their_class_are_not_believed():
    rng = np.random.default_rng(4)
    classes = rng.integers(0, 3, 600)
    telling = np.where(rng.random(600) < 0.6, classes, rng.integers(0, 3, 600))
    rows = scipy.sparse.csr_matrix(np.eye(3)[telling])
    model = fit(rows, classes, np.arange(3), NONE, np.arange(600), Schedule(20, 8.0))
    sure = np.array([model.probabilities(row).max() for row in rows])
    right = np.array([model.probabilities(row).argmax() for row in rows]) == classes
    assert abs(sure.mean() - right.mean()) < 0.05


def test_learning_twice_gives_the_same_weights():
    rows, classes = wishes(2)
    one, two = (fit(rows, classes, np.arange(3), np.array([2]), np.arange(180), Schedule(5, 2.0)) for _ in range(2))
    assert np.array_equal(one.weights, two.weights)
    assert one.calibration == two.calibration != Calibration()


def test_pairs_stand_apart_and_letters_come_in_longer_runs():
    assert "p:查 费" in grams("查话费", ["查", "话", "费"])
    assert {"c:bala", "c:alanc"} <= grams("balance", ["balance"])
    assert "c:bal" not in grams("查bala", ["查"], "w")


def test_noise_without_a_lookup_file_adds_nothing(tmp_path):
    data = TrainingData([Message.build("where is my parcel", "track")])
    config = {**TrainingNoise.get_default_config(), "lookup": str(tmp_path / "no.yml")}
    assert 1 == len(TrainingNoise(config).process_training_data(data).training_examples)


def test_a_mixture_is_made_of_snippets_of_several_examples_in_one_language():
    phrases = {**PHRASES, "en": Phrases(("hi",), ("um",), ("please",), ("table",), " ")}
    noise = Noise(phrases, 3)
    pool = Pool(["查一下话费余额", "开通国际漫游", "cancel my plan", "top up now"])
    made = {noise.mixture(pool) for _ in range(50)}
    assert all(text.isascii() or not any(char.isascii() for char in text) for text in made)
    assert all(word in "cancel my plan top up now".split() for text in made if text.isascii() for word in text.split())
    assert any(set(text) & set("查一下话费余额") and set(text) & set("开通国际漫游") for text in made)


def test_mixtures_are_examples_of_the_intent_for_fragments_only():
    data = TrainingData([Message.build("查一下话费余额", "query"), Message.build("嗯", "out_of_scope")])
    config = {**TrainingNoise.get_default_config(), "copies": 0, "fragments": 0, "mixtures": 20.0}
    with_them = TrainingNoise({**config, "fragment_intent": "out_of_scope"}).process_training_data(data)
    without = TrainingNoise(config).process_training_data(data)
    assert {"out_of_scope"} == {example.get("intent") for example in with_them.training_examples[2:]}
    assert 2 == len(without.training_examples) < len(with_them.training_examples)
