"""The reference CRM migrates itself when it starts; this takes migrations back, before an older version starts:
python -m crm.reference.migrate --database URL --back-to 0002.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from crm.reference.store import downgrade


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m crm.reference.migrate", description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--back-to", metavar="REVISION", required=True)
    asked = parser.parse_args(arguments)
    downgrade(asked.database, asked.back_to)


if __name__ == "__main__":
    main(sys.argv[1:])
