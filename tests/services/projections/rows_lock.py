"""`python -m tests.services.projections.rows_lock [--same-rows]`: `rows_version.lock` brought up to date.

The file holds ROWS_VERSION and the digest of the code that rows and views come from. Without the option the version must
have been raised since the file was written; `--same-rows` states that rows and views come out as before, and is to be
defended in review.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from services.projections.rows_version import ROWS_VERSION
from services.projections.views import create_views
from tests.parts.code_digest import Code, Definition

ROOT = Path(__file__).resolve().parents[3]
LOCK = ROOT / "services" / "projections" / "rows_version.lock"

ROOTS: tuple[Definition, ...] = (
    ("services.projections.folding.project", "project"),
    ("services.projections.read_sets.set_schema", "create_tables"),
    ("services.projections.catalogue", "CATALOGUE"),
    ("shared.facts.settle", "settle"),
    ("shared.facts.settle", "order_of_truth"),
)
"""From which all code is reached that makes rows of facts: the function over one subject, the tables' columns, the facts
with their order and upcasters, and how they are settled. Not the histories, the folder or the database's statements,
which carry rows and make none."""

COMMAND = "python -m tests.services.projections.rows_lock"
HOW = (
    "Code that rows come from has changed (its syntax, not its layout or names), or a view has. If a row or a view may"
    f" come out differently for the same facts, raise ROWS_VERSION in services/projections/rows_version.py and run"
    f" `{COMMAND}`: every installation rebuilds its rows once. If they all come out as before, run"
    f" `{COMMAND} --same-rows`, and say why in the commit."
)


@dataclass(frozen=True)
class Lock:
    version: int
    digest: str


def read() -> Lock:
    version, digest = (line.partition(": ")[2] for line in LOCK.read_text(encoding="utf-8").splitlines()[-2:])
    return Lock(int(version), digest)


def write(lock: Lock) -> None:
    head = f"# What ROWS_VERSION stands for; written by `{COMMAND}`, never by hand.\n"
    LOCK.write_text(f"{head}version: {lock.version}\ndigest: {lock.digest}\n", encoding="utf-8")


def digest(root: Path = ROOT) -> str:
    code = Code(root, ["parcours", "services", "shared"]).digest(ROOTS)
    return sha256(f"{code}\n{views()}".encode()).hexdigest()


def views() -> str:
    """The statements that make the views, without comments and layout."""
    statements = (re.sub(r"--[^\n]*", "", statement) for statement in create_views("read_1"))
    return "\n".join(" ".join(text.split()) for text in statements if not text.startswith("COMMENT"))


def main(*options: str) -> str:
    """What to tell; ends with SystemExit where a decision is missing."""
    kept, now = read() if LOCK.exists() else Lock(0, ""), Lock(ROWS_VERSION, digest())
    if kept == now:
        return "nothing has changed"
    if now.version < kept.version:
        raise SystemExit("ROWS_VERSION only ever grows: see services/projections/rows_version.py")
    if now.version == kept.version and "--same-rows" not in options:
        raise SystemExit(HOW)
    write(now)
    return f"{LOCK.relative_to(ROOT)}: version {now.version}"


if __name__ == "__main__":
    print(main(*sys.argv[1:]))
