"""SentencePiece tokens, learned from the training examples themselves; a placeholder is always one token."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

import sentencepiece
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.constants import TEXT, TEXT_TOKENS
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.noise import COPY
from bot.nlu.normal import Normal, is_placeholder_char
from bot.nlu.parts import normal_of, uncollected, with_parts

_FILE = "tokens.model"
_SPACE = "\u2581"


def train_pieces(texts: Iterable[str], vocab_size: int) -> bytes:
    """Train a unigram model on normalised texts: every character of theirs, and `vocab_size` longer pieces or fewer.

    Empty if no text holds anything.
    """
    sentences = [text for text in texts if text]
    if not sentences:
        return b""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_writer=model,
        # The trainer refuses a size that the characters and its three control symbols alone exceed.
        vocab_size=vocab_size + len(set().union(*sentences)) + 4,
        hard_vocab_limit=False,
        model_type="unigram",
        character_coverage=1.0,
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        max_sentencepiece_length=8,
        num_threads=1,
        minloglevel=2,
    )
    return model.getvalue()


class Piece(Token):
    """A token whose fingerprint is what it says: Rasa's hashes five values each, half a million times in training."""

    def fingerprint(self) -> str:
        """A stable name of the token."""
        return f"{self.start}:{self.end}:{self.text}"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class SentencePieceTokenizer(Tokenizer):
    """Splits the normalised text; tokens carry the normalised piece and the original offsets."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`vocab_size` is an upper bound of the pieces longer than a character. The intent options are Rasa's own."""
        return {"vocab_size": 1000, "intent_tokenization_flag": False, "intent_split_symbol": "_"}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentencePieceTokenizer:
        """An untrained tokenizer: one character, one token."""
        return cls(config, model_storage, resource, b"")

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SentencePieceTokenizer:
        """Read the trained model."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, (folder / _FILE).read_bytes())

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource, model: bytes) -> None:
        """`model` is a serialised SentencePiece model, or empty."""
        super().__init__(config)
        self._storage = storage
        self._resource = resource
        self._pieces = sentencepiece.SentencePieceProcessor(model_proto=model) if model else None

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the pieces and store them."""
        own = (example for example in training_data.training_examples if example.get(TEXT) and not example.get(COPY))
        texts = sorted({normal_of(example).text for example in own})
        model = train_pieces(texts, self._config["vocab_size"])
        with self._storage.write_to(self._resource) as folder:
            (folder / _FILE).write_bytes(model)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Tokenize messages and their parts."""
        for message in with_parts(messages):
            message.set(TEXT_TOKENS, self.tokenize(message, TEXT))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Tokenize what the examples say. Names of intents stay whole: no component of ours reads them in pieces."""
        with uncollected():
            self.process([example for example in training_data.training_examples if example.get(TEXT)])
        return training_data

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Tokens of an attribute, in original offsets."""
        normal = normal_of(message) if attribute == TEXT else normal_of(Message({TEXT: message.get(attribute)}))
        tokens: list[Token] = []
        position = 0
        for piece in self._split(normal.text):
            start, end = position, position + len(piece)
            position = end
            tokens += _token(normal, start, end)
        return tokens

    def _split(self, text: str) -> list[str]:
        pieces: list[str] = []
        run_start = 0
        for index, char in enumerate(text):
            if is_placeholder_char(char):
                pieces += [*self._encode(text[run_start:index]), char]
                run_start = index + 1
        return pieces + self._encode(text[run_start:])

    def _encode(self, text: str) -> list[str]:
        if not text or self._pieces is None:
            return list(text)
        pieces = self._pieces.encode(text.replace(" ", _SPACE), out_type=str)
        # Offsets are counted by the lengths of pieces: where those do not add up, characters are the tokens.
        return list(pieces) if sum(map(len, pieces)) == len(text) else list(text)


def _token(normal: Normal, start: int, end: int) -> list[Token]:
    """The token without its outer blanks, or nothing where it is only blanks."""
    while start < end and normal.text[start] == " ":
        start += 1
    while end > start and normal.text[end - 1] == " ":
        end -= 1
    if start == end:
        return []
    first, last = normal.original(start, end)
    return [Piece(normal.text[start:end], first, last)]
