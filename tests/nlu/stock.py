"""The pipeline that Rasa recommends for Chinese, trained on the same examples: what we have to be better than."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from tests.nlu.inprocess import ROOT, Understanding, pipeline_of, train

CONFIG = ROOT / "tests/nlu/stock.yml"


def train_stock(data: TrainingData, folder: Path, epochs: int) -> Understanding:
    """Train it on plain copies of the examples, without what our components attached to them.

    `epochs` is 100 in its recommendation.
    """
    logging.getLogger("rasa").setLevel(logging.ERROR)
    plain = TrainingData([Message(_plain(example)) for example in data.training_examples])
    pipeline = [
        (name, {**options, "epochs": epochs} if "epochs" in options else options)
        for name, options in pipeline_of(CONFIG)
    ]
    return train(plain, folder, pipeline)


def sample(data: TrainingData, count: int) -> TrainingData:
    """About `count` examples, each intent with its share (0: all); always the same ones."""
    examples = data.intent_examples
    every = len(examples) / count if count else 1.0
    taken = {int(number * every) for number in range(len(examples))} if every > 1 else range(len(examples))
    return TrainingData([example for number, example in enumerate(examples) if number in taken])


def _plain(example: Message) -> dict[str, Any]:
    return {key: example.data[key] for key in ("text", "intent") if key in example.data}
