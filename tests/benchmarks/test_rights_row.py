"""The rows of what rights cost: what a program without rights, or with too few rows, leaves there."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.figures import CheckFailedError
from benchmarks.rows.rights import LISTS, Keys, same_rows
from services.projections.api.list_rights import LISTS as LIST_RIGHTS
from services.projections.api.list_rights import NOTHING

OWN: list[dict[str, Any]] = [{"person_id": str(number), "structure_id": "a", "step": number} for number in range(3)]


def test_the_same_rows_to_both_and_none_to_another_pass() -> None:
    hidden = [{**row, "step": None} for row in OWN]
    assert same_rows("steps", OWN, hidden, []) == 3


@pytest.mark.parametrize(
    ("local", "own", "another", "said"),
    [
        ([], [], [], "steps is answered with nothing"),
        (OWN, OWN[:2], [], "the structure sees 2 rows of 3"),
        (OWN, [*OWN[:2], {**OWN[2], "person_id": "9"}], [], "or others"),
        (OWN, OWN, OWN[:1], "another structure sees 1 rows"),
    ],
)
def test_rows_that_are_not_the_structures_fail(
    local: list[dict[str, Any]], own: list[dict[str, Any]], another: list[dict[str, Any]], said: str
) -> None:
    with pytest.raises(CheckFailedError, match=said):
        same_rows("steps", local, own, another)


def test_lists_that_are_measured_show_a_structure_something() -> None:
    asked = {path.partition("?")[0].rpartition("/")[2] for path in LISTS.values() if path.startswith("/tables/")}
    assert asked == {"contracts", "steps", "persons", "pathways"}
    assert not [name for name in asked if LIST_RIGHTS[name] is NOTHING]


def test_a_token_names_one_structure(tmp_path: Any) -> None:
    keys = Keys(tmp_path)
    assert keys.token("a") != keys.token("b")
    assert keys.environment["PARCOURS_QUOTA_FACTS"] == "0"
