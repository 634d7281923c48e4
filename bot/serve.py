"""Serves one Release in one of the two Rasa slots: `python -m bot.serve --slot a`.

A model is unpacked and loaded by Rasa as it is, so it is loaded only if it is the file that the manifest names.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from bot.release import MODEL, Releases, releases_of
from switchboard.errors import RenjiError
from switchboard.settings import Settings

RELEASE_VARIABLE = "RASA_SLOT_RELEASE"
"""What the served process is told: "<release id> <SHA-256 of the model>"."""
QUIET = {
    # Rasa would phone home; TensorFlow and the BLAS libraries would start a thread for each core in each process.
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_INTRA_OP_PARALLELISM_THREADS": "1",
    "TF_INTER_OP_PARALLELISM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONUNBUFFERED": "1",
    # Of how characters are spoken we read the single ones (bot/nlu/sounds.py); its phrases take half a second to load.
    "PYPINYIN_NO_PHRASES": "1",
}


def command(model: Path, host: str, port: int) -> list[str]:
    return [sys.executable, "-m", "bot.server", str(model), host, str(port)]


def prepare(releases: Releases, release_id: str, environ: Mapping[str, str]) -> tuple[Path, dict[str, str]]:
    """The model to load and the environment to load it in. Raises BadRelease when a file is not what it should be."""
    manifest = releases.verify(release_id)
    serving = {RELEASE_VARIABLE: f"{release_id} {manifest['files'][MODEL]}"}
    return releases.directory / release_id / MODEL, {**environ, **QUIET, **serving}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bot.serve", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--slot", choices=["a", "b"], required=True)
    parser.add_argument("--port", type=int, help="default: the slot's port in RENJI_RASA_URLS")
    parser.add_argument("--host", default="127.0.0.1", help="another only where none but our processes reach it")
    parser.add_argument("--release", help="default: the live one")
    asked = parser.parse_args(arguments)
    settings = Settings.read(os.environ)
    urls = settings.rasa_urls.split(",")
    port = asked.port or urlsplit(urls["ab".index(asked.slot) % len(urls)].strip()).port or 5005
    releases = releases_of(settings, Path.cwd())
    try:
        model, environment = prepare(releases, asked.release or releases.live(), os.environ)
    except RenjiError as error:
        print(f"slot {asked.slot}: {error}", file=sys.stderr)
        return 1
    words = command(model, asked.host, port)
    os.execve(words[0], words, environment)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
