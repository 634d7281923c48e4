"""Training examples as people really send them: with openings, fillers, restarts, cut-offs and lost characters.

Runs in training only. What it adds is copies of examples and sentences without content, built from
data/lookup/noise.yml; it knows no intent by itself.
"""

from __future__ import annotations

import random
import zlib
from bisect import bisect
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.examples import Example
from bot.nlu.grams import is_ideographic
from bot.nlu.lookups import load_lookup, lookup_hash
from bot.nlu.normal import PLACEHOLDER

SOURCE = "noise_source"
"""Message property: the number of the example a copy was made from; examples of one source belong into one fold."""
COPY = "noise_copy"
"""Message property: true for what this component made up."""
INVENTED = "noise_invented"
"""Message property: true for a sentence without a wish, which is a copy of no example."""


@dataclass(frozen=True)
class Phrases:
    """What surrounds a wish without changing it, in one language."""

    openings: tuple[str, ...]
    fillers: tuple[str, ...]
    endings: tuple[str, ...]
    words: tuple[str, ...]
    glue: str

    @classmethod
    def of(cls, raw: dict[str, Any]) -> Phrases:
        """From one language's section of the lookup file."""
        lists = {name: tuple(raw[name]) for name in ("openings", "fillers", "endings", "words")}
        return cls(**lists, glue=raw["glue"])


_NO_PHRASES = Phrases((), (), (), (), " ")
"""What is known of languages with other letters: words stand apart."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class TrainingNoise(GraphComponent):
    """Adds `copies` noisy variants of every example, and sentences without a wish: `fragments` and `mixtures`."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`fragment_intent` gets the sentences without a wish, "" for none; intents under `verbatim` are not varied.

        `copies` is a number for each example, `fragments` one for all, `mixtures` a share of the examples with a wish.
        Without the lookup file nothing is added.
        """
        return {
            "lookup": "data/lookup/noise.yml",
            "copies": 1,
            "fragments": 600,
            "mixtures": 0.33,
            "fragment_intent": "",
            "verbatim": [],
            "seed": 7,
        }

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TrainingNoise:
        """Needs nothing of the graph."""
        return cls(config)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """A changed lookup file is a changed component."""
        return lookup_hash([{**cls.get_default_config(), **config}["lookup"]])

    def __init__(self, config: dict[str, Any]) -> None:
        """Take the options; files are read when training starts."""
        self._config = config

    def process(self, messages: list[Message]) -> list[Message]:
        """Nothing to do at run time."""
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Return the examples together with their noisy copies."""
        raw = load_lookup(self._config["lookup"]) if Path(self._config["lookup"]).is_file() else {}
        if not raw:
            return training_data
        noise = Noise({name: Phrases.of(section) for name, section in raw.items()}, self._config["seed"])
        examples = list(training_data.training_examples)
        added: list[Message] = []
        for number, example in enumerate(examples):
            if not example.get(TEXT) or not example.get(INTENT):
                continue
            example.set(SOURCE, number)
            if example.get(INTENT) not in self._config["verbatim"]:
                added += self._copies(example, noise, number)
        if any(example.get(INTENT) == self._config["fragment_intent"] for example in examples):
            added += self._without_wish(examples, noise)
        return TrainingData(
            examples + added, training_data.entity_synonyms, training_data.regex_features, training_data.lookup_tables
        )

    def _copies(self, example: Message, noise: Noise, number: int) -> list[Message]:
        noise.begin(example.get(TEXT))
        texts = {noise.vary(example.get(TEXT)) for _ in range(self._config["copies"])} - {example.get(TEXT)}
        shared = {INTENT: example.get(INTENT), METADATA: example.get(METADATA), SOURCE: number, COPY: True}
        return [Example({TEXT: text, **shared}) for text in sorted(texts)]

    def _without_wish(self, examples: list[Message], noise: Noise) -> list[Message]:
        intent = self._config["fragment_intent"]
        texts = [example.get(TEXT) for example in examples if example.get(TEXT)]
        wishes = [example.get(TEXT) for example in examples if example.get(TEXT) and example.get(INTENT) != intent]
        noise.begin("fragments")
        made = {noise.fragment() for _ in range(self._config["fragments"])}
        pool = Pool(wishes)
        for number in range(int(self._config["mixtures"] * len(wishes))):
            noise.begin(f"mixture {number}")
            made.add(noise.mixture(pool))
        return [
            Example({TEXT: text, INTENT: intent, SOURCE: len(examples) + number, COPY: True, INVENTED: True})
            for number, text in enumerate(sorted(made - set(texts) - {""}))
        ]


class Pool:
    """Texts to draw from. Each has a place of its own, so that one text more or less changes few of the draws."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._places = sorted((zlib.crc32(text.encode()) / 2**32, text) for text in set(texts))

    def draw(self, rng: random.Random) -> str:
        """One of the texts."""
        return self._places[bisect(self._places, (rng.random(), "")) % len(self._places)][1]


class Noise:
    """Makes variants of sentences, the same ones for the same seed and beginning."""

    def __init__(self, phrases: dict[str, Phrases], seed: int) -> None:
        """`phrases` by language, `zh` and `en`."""
        self._phrases = phrases
        self._seed = seed
        self._rng = random.Random(seed)

    def begin(self, name: str) -> None:
        """What comes next depends on the name, and no longer on what was made before."""
        self._rng.seed(zlib.crc32(name.encode()) + self._seed)

    def vary(self, text: str) -> str:
        """One noisy variant: 0-3 changes; placeholders stay whole."""
        phrases = self._of(text)
        chance = self._rng.random
        if not PLACEHOLDER.search(text) and len(text) > 3:
            if chance() < 0.30:
                text = self._restart(text)
            if chance() < 0.15:
                text = self._lose(text)
            if phrases.fillers and chance() < 0.25:
                text = self._insert(text, self._rng.choice(phrases.fillers), phrases.glue)
        if phrases.openings and chance() < 0.55:
            text = self._rng.choice(phrases.openings) + phrases.glue + text
        if phrases.endings and chance() < 0.35:
            text = text + phrases.glue + self._rng.choice(phrases.endings)
        return text

    def fragment(self) -> str:
        """A sentence without a wish: polite frames and stray words."""
        language = "zh" if self._rng.random() < 0.8 or "en" not in self._phrases else "en"
        phrases = self._phrases[language]
        parts: list[str] = []
        if self._rng.random() < 0.6:
            parts.append(self._rng.choice(phrases.openings))
        if self._rng.random() < 0.4:
            parts.append(self._rng.choice(phrases.fillers))
        if self._rng.random() < 0.75 or not parts:
            parts += self._rng.sample(phrases.words, self._rng.choice((1, 1, 2, 2, 3, 4)))
        if self._rng.random() < 0.3:
            parts.append(self._rng.choice(phrases.endings))
        text = phrases.glue.join(parts)
        return self._lose(text) if self._rng.random() < 0.2 and len(text) > 4 else text

    def mixture(self, pool: Pool) -> str:
        """Snippets of a few examples in a row: the words of a wish, and no wish.

        They teach that a word alone decides little; on real lines they kept fragments out and read wishes better.
        """
        phrases = self._of(pool.draw(self._rng))
        fitting = (text for text in iter(lambda: pool.draw(self._rng), None) if self._of(text) is phrases)
        snippets = [self._snippet(next(fitting), phrases.glue) for _ in range(self._rng.choice((2, 3, 3, 4)))]
        return phrases.glue.join(snippets)

    def _snippet(self, text: str, glue: str) -> str:
        units = text.split(glue) if glue else list(PLACEHOLDER.sub("", text))
        length = min(len(units), self._rng.randint(1, 2 if glue else 3))
        start = self._rng.randint(0, len(units) - length)
        return glue.join(units[start : start + length])

    def _of(self, text: str) -> Phrases:
        letters = "".join(filter(str.isalpha, text))
        # A code or a card is mostly sent with a word or two of Chinese, or with none.
        if not letters or is_ideographic(letters) or PLACEHOLDER.search(text):
            return self._phrases["zh"]
        return self._phrases.get("en", _NO_PHRASES) if letters.isascii() else _NO_PHRASES

    def _restart(self, text: str) -> str:
        length = self._rng.randint(1, min(4, len(text) - 1))
        start = self._rng.choice((0, 0, 0, self._rng.randint(0, len(text) - length)))
        return text[:start] + text[start : start + length] + text[start:]

    def _lose(self, text: str) -> str:
        place = self._rng.randrange(len(text))
        return text[:place] + text[place + 1 :]

    def _insert(self, text: str, filler: str, glue: str) -> str:
        if not glue:
            place = self._rng.randint(0, len(text))
            return text[:place] + filler + text[place:]
        words = text.split(glue)
        words.insert(self._rng.randint(0, len(words)), filler)
        return glue.join(words)
