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
from collections.abc import Callable, Sequence
from functools import cache, partial
from types import ModuleType
from typing import Any

LATER = frozenset(
    {"dask", "rasa.core.jobs", "rasa.core.test", "rasa.utils.tensorflow.model_data_utils", "rasa.utils.train_utils"}
)
"""Modules that Rasa imports whole and asks something of only later."""
BY_NAME = {"rasa.core.channels": "rasa.core.channels.channel"}
"""Packages that import all of their modules for a list that a slot does not read, and the module that it does."""


NAMES_ONLY = frozenset({"boto3", "jwt", "pymongo", "requests", "sanic", "sklearn"})
"""Packages of which Rasa imports names at its start that nothing in a slot uses."""


class Later:
    """Finds the modules of `LATER`, `BY_NAME` and `NAMES_ONLY`; Python's own finder does all others."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> Any:
        package = name.partition(".")[0]
        of_names = package in NAMES_ONLY and package not in self._used
        if name not in LATER and name not in BY_NAME and not of_names:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return spec
        if of_names:
            spec.loader = Nothing(self.used)
        else:
            spec.loader = importlib.util.LazyLoader(spec.loader) if name in LATER else Unread(spec.loader)
        return spec

    def used(self, module: str, name: str) -> Any:
        """The thing itself: its package is imported as it would have been."""
        package = module.partition(".")[0]
        if package not in self._used:
            self._used.add(package)
            for known in [one for one in sys.modules if one.partition(".")[0] == package]:
                del sys.modules[known]
        return getattr(importlib.import_module(module), name)


_ASKED_BY_PYTHON = frozenset({"__path__", "__file__", "__cached__", "__wrapped__", "__warningregistry__"})
"""Of a module while it is imported: these use nothing of it."""


class Nothing(importlib.abc.Loader):
    """Loads a module without running it: each name of it is a `Name`."""

    def __init__(self, used: Callable[[str, str], Any]) -> None:
        self._used = used

    def create_module(self, spec: Any) -> ModuleType:
        return Names(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["_used"] = self._used


class Names(ModuleType):
    """Has every name that it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name in _ASKED_BY_PYTHON:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        if name.startswith("__"):
            return self.__dict__["_used"](self.__name__, name)
        return Name(self.__dict__["_used"], self.__name__, name)


class Name:
    """Stands for something of a module that was not run; whoever uses it gets the thing itself."""

    def __init__(self, used: Callable[[str, str], Any], module: str, name: str) -> None:
        self._it = cache(partial(used, module, name))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._it()(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._it(), name)

    def __instancecheck__(self, value: Any) -> bool:
        return isinstance(value, self._it())

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[Any, ...]:
        return (self._it(),)


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
