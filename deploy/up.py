"""Entry of make's commands: finds Python 3.10 and hands over to deploy.commands.

Kept readable for old Pythons, so that they can say which one is needed instead of dying of a SyntaxError.
"""

import glob
import os
import subprocess
import sys
from typing import Callable, List, Optional, Tuple

Version = Tuple[int, int]
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WANTED = (3, 10)


def candidates() -> List[str]:
    """Commands and files that may be Python 3.10, best first; not all exist."""
    home = os.path.expanduser("~")
    pyenv = os.environ.get("PYENV_ROOT", os.path.join(home, ".pyenv"))
    found = [os.environ["PYTHON"]] if os.environ.get("PYTHON") else []
    found += ["python3.10", "python3", sys.executable]
    found += sorted(glob.glob(os.path.join(pyenv, "versions", "3.10.*", "bin", "python")))
    found += sorted(glob.glob(os.path.join(home, ".local/share/uv/python/cpython-3.10*/bin/python3.10")))
    return [python for python in found if python]


def version_of(python: str) -> Optional[Version]:
    """(major, minor) of a Python; None if it cannot be run, as with the shims of pyenv for versions not chosen."""
    asking = [python, "-c", "import sys; print(sys.version_info[0], sys.version_info[1])"]
    try:
        output = subprocess.check_output(asking, stderr=subprocess.DEVNULL)
        major, minor = output.split()
        return int(major), int(minor)
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None


def find_python(
    pythons: List[str], version: Callable[[str], Optional[Version]] = version_of
) -> Tuple[Optional[str], List[Version]]:
    """The first Python 3.10 and the versions of the others that were asked."""
    others = []  # type: List[Version]
    for python in pythons:
        found = version(python)
        if found == WANTED:
            return python, others
        if found is not None and found not in others:
            others.append(found)
    return None, others


def main() -> int:
    python, others = find_python(candidates())
    if python is None:
        found = ", ".join("{0}.{1}".format(*version) for version in others) or "none"
        sys.stderr.write("Python 3.10 is needed (Rasa runs on no newer one); found {0}.\n".format(found))
        return 1
    os.chdir(ROOT)
    os.execvp(python, [python, "-m", "deploy.commands", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
