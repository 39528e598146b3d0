"""Child processes that tests kill: `python -m tests.services.projections.children WHAT URL [NAME]`."""

from __future__ import annotations

import resource
import sys

from services.projections import operations
from services.projections.database import Database
from services.projections.rebuilding import Rebuild, fold_everybody
from tests.services.projections.streams import SETTINGS


def main(what: str, url: str, *names: str) -> None:
    if what == "ensure":
        operations.ensure_current(url, SETTINGS)
    elif what == "rebuild":
        operations.rebuild(url, names[0], settings=SETTINGS)
    elif what == "fold":
        database = Database(url)
        fold_everybody(database, Rebuild(url, names[0], SETTINGS), lambda done, total: None, int(names[1]))
        database.close()
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss} KiB", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
