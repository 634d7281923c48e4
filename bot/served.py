"""What a Rasa process serves and says, by its settings and by what bot/serve.py told it."""

from __future__ import annotations

import os

from bot.serve import RELEASE_VARIABLE
from bot.wordings import Wordings
from switchboard.settings import Settings


def settings() -> Settings:
    return Settings.read(os.environ)


def channel_token() -> str:
    """The bearer token between our own processes."""
    return settings().key("internal").hex()


def served_release() -> dict[str, str]:
    """Which Release this process was started with; empty for a plain `rasa run`."""
    name, _, model = os.environ.get(RELEASE_VARIABLE, "").partition(" ")
    return {"release": name, "model": model}


def wordings() -> Wordings:
    ours = settings()
    return Wordings(ours.var / "releases", ours.content)
