"""Training examples as Rasa's messages, made for being many: Rasa copies and hashes each of them a dozen times."""

from __future__ import annotations

import hashlib
from typing import Any

from rasa.shared.nlu.constants import ENTITIES
from rasa.shared.nlu.training_data.message import Message


class Example(Message):  # type: ignore[misc]
    """A message of the training data, cheap to copy and to hash."""

    _cached_fingerprint: str | None

    def __deepcopy__(self, memo: dict[int, Any]) -> Example:
        """As independent as components need: with properties, features and entities of its own."""
        copied = Example(self.data, set(self.output_properties), self.time, list(self.features))
        if entities := self.data.get(ENTITIES):
            copied.data[ENTITIES] = [dict(entity) for entity in entities]
        copied._cached_fingerprint = self._cached_fingerprint
        return copied

    def set(self, prop: str, info: Any, add_to_output: bool = False) -> None:
        """Set a property. The hash is kept where nothing changes: Rasa strips each intent again at every copy."""
        if add_to_output or not isinstance(info, str) or self.data.get(prop) != info:
            super().set(prop, info, add_to_output)

    def fingerprint(self) -> str:
        """A stable hash of all properties and features, in one go instead of value by value."""
        if self._cached_fingerprint is None:
            said = [f"{name}={_said(self.data[name])}" for name in sorted(self.data)]
            said += [row.fingerprint() for row in self.features]
            self._cached_fingerprint = hashlib.md5("\0".join(said).encode(), usedforsecurity=False).hexdigest()
        return self._cached_fingerprint


def _said(value: Any) -> str:
    if isinstance(value, list):
        return "|".join(map(_said, value))
    return str(value.fingerprint()) if hasattr(value, "fingerprint") else repr(value)
