"""Lives of any length, to see whether a fold takes more per fact where there are more of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count, islice
from typing import Any

from shared.facts.erasing import PersonErased
from shared.facts.fact import Fact, FactVoided, Recorded
from tests.services.projections.facts import (
    AI,
    CATALOGUE,
    ETTI,
    contract_ended,
    exited,
    hired,
    hours_worked,
    pathway_closed,
    recorded,
)
from tests.services.scenario import uid

FIRST = date(1905, 1, 1)
OF_OTHERS = re.compile(r"(structure|client|host|prescriber|provider)_id$")


def missions(facts: int, every_days: int = 7, **kinds: bool) -> list[Recorded]:
    """Short contracts one after another with two employers, and hours worked; `exits`, `renewals`, `closings`."""
    return [recorded(fact) for fact in islice(_missions(every_days, **kinds), facts)]


def _missions(
    every_days: int, *, exits: bool = False, renewals: bool = False, closings: bool = False
) -> Iterator[Fact]:
    for number in count():
        contract_id, at = uid(f"mission {number}"), ETTI if number % 3 else AI
        first, last = (str(FIRST + timedelta(days=every_days * number + after)) for after in (0, 3))
        renewed = {"renews_contract_id": uid(f"mission {number - 1}")} if renewals and number else {}
        named = {"contract_id": contract_id} if number % 2 else {}
        yield hired(contract_id, at, first, last, contract_type="MISSION", **renewed)
        yield contract_ended(contract_id, last)
        yield hours_worked(at, first[:7], 7.5, entry_id=uid(f"entry {number}"), **named)
        if exits:
            yield exited(at, last, contract_id=contract_id, exit_id=uid(f"exit {number}"))
        if closings and number % 5 == 0:
            yield pathway_closed(last)


def every_type(facts: int) -> list[Recorded]:
    """The example of each fact about a person, again and again: each time a month later, with ids of its own."""
    return list(islice(_examples(), facts))


def _examples() -> Iterator[Recorded]:
    kinds = [
        one
        for one in CATALOGUE.facts.values()
        if "person" in one.subjects and not issubclass(one, FactVoided | PersonErased)
    ]
    for number in count():
        for kind in kinds:
            yield recorded(kind.model_validate(_again(kind.example, number)), id=f"{kind.type} {number}")


def _again(value: Any, number: int, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _again(part, number, key) for key, part in value.items()}
    if not isinstance(value, str) or OF_OTHERS.search(name):
        return value
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return str(date.fromisoformat(value) + (FIRST - date(2020, 1, 1)) + timedelta(days=30 * number))
    if re.fullmatch(r"\d{4}-\d\d", value):
        return _again(f"{value}-15", number)[:7]
    return str(uid(f"{value} {number}")) if re.fullmatch(r"[0-9a-f-]{36}", value) else value
