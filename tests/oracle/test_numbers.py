"""Numbers of drawn grants, corrections, voids and voids of voids of three people: product and naive implementation."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from tests.oracle.history import Fact, fact
from tests.oracle.numbers import Register
from tests.oracle.product_numbers import Office

PEOPLE = ("a", "b", "c")
BROUGHT = (None, None, "XXXXX0000004", "XXXXX0000005")


def drawn(random: Random, register: Register, place: int) -> tuple[str, Fact] | None:
    """The first grant of somebody, a correction of any grant, or a void of anything."""
    person = random.choice(PEOPLE)
    life, name, said = register.lives.get(person, []), f"f{place}", f"2024-01-{1 + place:02}"
    if not life:
        return person, grant(said, name, random.choice(BROUGHT))
    one = random.choice(life)
    if random.random() < 0.5 and one["type"] == "agrement.agrement_granted":
        return person, grant(said, name, random.choice([*BROUGHT, one["data"]["number"]]), one["id"])
    voided = {it["data"]["fact_id"] for it in life if "voided" in it["type"]}
    if one["id"] in voided:
        return None
    return person, fact("agrement.fact_voided", said, name, fact_id=one["id"], voided_on=said, reason="mistake")


def grant(said: str, name: str, number: Any, replaces: str | None = None) -> Fact:
    given = {"number": number} if number else {}
    return fact("agrement.agrement_granted", said, name, replaces, agrement_id="P", origin="ai_stock", granted_on="2024-01-01", starts_on="2024-01-10", **given)  # fmt: skip


@pytest.mark.parametrize("seeds", [range(n, n + 150) for n in (0, 150)], ids=str)
def test_numbers_are_kept_given_back_and_never_used_twice(seeds: range) -> None:
    for seed in seeds:
        random, register, office = Random(seed), Register(), Office()
        told = []
        for place in range(random.randrange(3, 14)):
            found = drawn(random, register, place)
            if found is None:
                continue
            person, one = found
            told.append(f"  {person} {one['type'][9:]} #{one['id']} {one['replaces'] or ''} {one['data'].get('number')} {one['data'].get('fact_id', '')}")  # fmt: skip
            sent = {**one, "data": dict(one["data"])}
            ours, theirs = register.record(person, one), office.record(person, sent)
            lines = "\n".join([f"seed {seed}", *told])
            assert theirs == ours, f"{lines}\nproduct accepts: {theirs}, page: {ours}"
            for each in PEOPLE:
                assert office.numbers(each) == register.numbers(each), lines
            assert office.claims_that_differ() == [], lines
