"""The dated tables of every service: each row says where it comes from, how sure it is, and from when to when it holds."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from shared.deciding.dated import table

SERVICES = ("structures", "pathways", "agrement", "placements", "projections")
FOLDERS = {name: import_module(f"services.{name}.law.tables").FOLDER for name in SERVICES}
TABLES = [(name, path.stem) for name, folder in FOLDERS.items() for path in sorted(folder.glob("*.yaml"))]


@pytest.mark.parametrize(("service", "name"), TABLES)
def test_every_row_has_a_source_and_says_how_sure_it_is(service: str, name: str) -> None:
    rows = table(FOLDERS[service], name)
    assert rows
    for row in rows:
        assert row["source"]
        assert row["confidence"] in ("confirmed", "open")
        assert row["valid_from"] is None or row["valid_to"] is None or row["valid_from"] <= row["valid_to"]


def test_every_dated_table_is_in_the_law_of_a_service() -> None:
    services = Path(__file__).resolve().parents[2] / "services"
    dated = {path for path in services.rglob("*.yaml") if "valid_from" in path.read_text(encoding="utf-8")}
    assert dated == {FOLDERS[service] / f"{name}.yaml" for service, name in TABLES}
