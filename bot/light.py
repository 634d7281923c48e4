"""Lets Rasa start without what a served model may never use: TensorFlow, the clients of other channels and stores.

Rasa imports all of it at its start, which is nine tenths of the time and two thirds of the memory. Installed before
Rasa, this makes such a module run only when something of it is used: a model that needs TensorFlow still loads.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

LATER = frozenset(
    {"dask", "rasa.core.jobs", "rasa.core.test", "rasa.utils.tensorflow.model_data_utils", "rasa.utils.train_utils"}
)
"""Modules that Rasa imports whole and asks something of only later."""
BY_NAME = {"rasa.core.channels": "rasa.core.channels.channel"}
"""Packages that import all of their modules for a list that a slot does not read, and the module that it does."""


class Later:
    """Finds the modules of `LATER` and `BY_NAME`; Python's own finder does all others."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> Any:
        if name not in LATER and name not in BY_NAME:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            spec.loader = importlib.util.LazyLoader(spec.loader) if name in LATER else Unread(spec.loader)
        return spec


class Unread(importlib.abc.Loader):
    """Loads a package without running it: its modules can be imported, its names are read when they are asked for."""

    def __init__(self, loader: importlib.abc.Loader) -> None:
        self._loader = loader

    def create_module(self, spec: Any) -> ModuleType:
        return Package(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["_loader_of_names"] = self._loader


class Package(ModuleType):
    """Asked for a name, it looks into its first module, then into itself as it would have been."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or self.__dict__.get("_read"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        first = importlib.import_module(BY_NAME[self.__name__])
        if hasattr(first, name):
            return getattr(first, name)
        self.__dict__["_read"] = True
        self.__dict__["_loader_of_names"].exec_module(self)
        return getattr(self, name)


def install() -> None:
    """Before the first import of Rasa, and only in a process that serves."""
    sys.meta_path.insert(0, Later())  # type: ignore[arg-type]
