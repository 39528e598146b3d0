"""The row of what a large group shares: what a program that shows too much, too little or who it is leaves there."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.crowd import LONG_LIFE, objects
from benchmarks.figures import CheckFailedError
from benchmarks.lives import person_id
from benchmarks.rows.shared import FIRST, PROFILE, READER, TINY, candidates, facts_of, told_of


def row(person: str, structure: str) -> dict[str, Any]:
    return {"person_id": person, "structure_id": structure}


EVERYBODY = [row("own", READER), row("told", FIRST), row("objects", FIRST), row("told too", FIRST)]
TOLD = {"told", "told too"}
SHOWN = [row("own", READER), row("0000-1", FIRST), row("0000-2", FIRST)]


def test_own_people_and_told_ones_under_pseudonyms_pass() -> None:
    assert candidates(EVERYBODY, SHOWN, TOLD).startswith("1 own people and 2 told ones")


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (SHOWN[1:], "0 of its own people are shown, of 1"),
        ([row("another", READER), *SHOWN[1:]], "or others"),
        (SHOWN[:2], "1 candidates of others are shown, of 2"),
        ([*SHOWN, row("0000-3", FIRST)], "3 candidates of others are shown, of 2"),
        ([*SHOWN[:2], row("0000-1", FIRST)], "two persons have one pseudonym"),
        ([*SHOWN[:2], row("told too", FIRST)], "under an id that says who it is"),
    ],
)
def test_candidates_that_are_not_those_that_share_fail(shown: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(CheckFailedError, match=said):
        candidates(EVERYBODY, shown, TOLD)


def test_nobody_to_be_shown_is_no_measurement() -> None:
    with pytest.raises(CheckFailedError, match="nobody to be shown"):
        candidates([EVERYBODY[0]], [SHOWN[0]], TOLD)


def fact(kind: str, structure: str = FIRST) -> dict[str, Any]:
    return {"type": f"pathways.{kind}.v1", "data": {"structure_id": structure}}


LIFE = [
    *(fact(kind) for kind in ("hired", *["support_action"] * 7, "contract_ended", "skill_validated")),
    *[fact("hours_worked")] * 10,
]
SHARED = [*(one for one in LIFE if one["type"].split(".")[1] in PROFILE), fact("hired", READER)]


def test_all_of_ones_own_and_what_the_profile_has_pass() -> None:
    assert facts_of(LIFE, SHARED, 10) == "20 facts, 3 of them shared"


@pytest.mark.parametrize(
    ("own", "shared", "said"),
    [
        (LIFE[1:], SHARED, "19 facts of 20 are its own"),
        (LIFE, LIFE, "20 facts are shared of 3"),
        (LIFE, SHARED[1:], "2 facts are shared of 3"),
        (LIFE, [*SHARED, fact("support_action")], "or others than the profile has"),
        (LIFE, SHARED[:-1], "of its own facts the reader is shown another number"),
    ],
)
def test_a_timeline_with_too_much_or_too_little_fails(
    own: list[dict[str, Any]], shared: list[dict[str, Any]], said: str
) -> None:
    with pytest.raises(CheckFailedError, match=said):
        facts_of(own, shared, 10)


def test_who_objects_is_not_among_the_told() -> None:
    told = told_of(TINY)
    assert str(person_id(LONG_LIFE)) in told
    assert any(objects(person) for person in TINY.told_persons)
    assert not told & {str(person_id(person)) for person in TINY.told_persons if objects(person)}
