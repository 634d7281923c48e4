"""Packages of which only names are asked for are not run, and are themselves as soon as somebody uses them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
HEAVY = 'ran = "ran"\nprint("heavy ran")\n\n\nclass Base:\n    def hello(self): return "hello"\n'
DEEP = "from heavy import Base\n\n\nclass Deep(Base): pass\n"
USED = """
from bot import light
light.NAMES_ONLY = frozenset({"heavy"})
light.install()
import heavy
from heavy.part import Deep
from typing import Optional
def annotated(it: Optional[Deep]) -> Deep: ...
print("imported")
WAY
"""


def lines_of(way: str, folder: Path) -> list[str]:
    """What is printed once it is used so."""
    (folder / "heavy").mkdir()
    (folder / "heavy" / "__init__.py").write_text(HEAVY)
    (folder / "heavy" / "part.py").write_text(DEEP)
    script = f"import sys\nsys.path.insert(0, {str(folder)!r})\n" + USED.replace("WAY", way)
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    return done.stdout.splitlines() + done.stderr.splitlines()[-1:]


def test_nothing_runs_while_only_names_are_asked_for(tmp_path: Path) -> None:
    assert lines_of("", tmp_path) == ["imported"]


def test_who_calls_it_gets_the_thing_itself(tmp_path: Path) -> None:
    assert lines_of("print(Deep().hello())", tmp_path) == ["imported", "heavy ran", "hello"]


def test_who_builds_on_it_gets_the_thing_itself(tmp_path: Path) -> None:
    way = "class Own(Deep): pass\nprint(Own().hello(), isinstance(Own(), Deep), isinstance(1, Deep))"
    assert lines_of(way, tmp_path) == ["imported", "heavy ran", "hello True False"]


def test_what_is_imported_later_is_what_it_is(tmp_path: Path) -> None:
    way = "Deep.hello\nfrom heavy import ran\nprint(ran)"
    assert lines_of(way, tmp_path) == ["imported", "heavy ran", "ran"]


def test_what_is_not_there_is_told_where_it_is_used(tmp_path: Path) -> None:
    assert "has no attribute 'Nothing'" in lines_of("heavy.Nothing()", tmp_path)[-1]
