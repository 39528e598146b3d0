"""What an erasure leaves of each fact, and that nothing moves by it: the days, states and counts of a life stay."""

from __future__ import annotations

import hmac
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from services.agrement.model.reckoning import reckon
from services.pathways.facts import PersonErased
from services.projections.catalogue import CATALOGUE
from services.projections.read_sets.emptying import EMPTIED
from services.projections.read_tables import READ_TABLES
from shared.facts.erasing import Left, all_erased, erased, is_told_of, left_of
from shared.facts.fact import Fact, LeftAs, PlainCodes, Recorded
from shared.facts.settle import order_of_truth, settle
from tests.services.any_lives import lives
from tests.services.projections.any_facts import histories
from tests.services.projections.facts import recorded, rows_of

PAPER = Path(__file__).resolve().parents[2] / "docs" / "data-protection.md"
ORDER = order_of_truth(CATALOGUE)
OF_PERSONS = [
    fact for fact in CATALOGUE.facts.values() if "person" in fact.subjects and "person_erased" not in fact.type
]
every_fact = pytest.mark.parametrize("fact", OF_PERSONS, ids=lambda fact: fact.type)

OF_RULES = {"person_alerts", "person_alerts_by_day", "follow_ups"}
"""Nobody is told to do anything about somebody forgotten; and after a death, which is a reason, nothing is asked."""


def hashed(name: str) -> str:
    return hmac.digest(b"a key of tests", name.encode(), "sha256").hex()


def envelope(fact: Recorded) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(fact.model_dump_json(exclude_none=True, exclude={"data"}))
    return {**found, "data": json.loads(fact.data.model_dump_json(exclude_unset=True))}


def of(envelope: dict[str, Any]) -> Recorded:
    fact = CATALOGUE.decode(envelope["type"], json.dumps(envelope).encode())
    assert fact is not None
    return fact


def forgotten(facts: Iterable[Recorded]) -> list[Recorded]:
    """As the stores have them afterwards, each service its own."""
    by_service: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for fact in facts:
        by_service[fact.service].append(envelope(fact))
    pairs = [pair for some in by_service.values() for pair in all_erased(some, CATALOGUE.facts, hashed)]
    return [of(after) for _, after in pairs]


def decided() -> dict[tuple[str, str], str]:
    _, _, text = PAPER.read_text(encoding="utf-8").partition("### What an erasure leaves of facts\n")
    found: dict[tuple[str, str], str] = {}
    for line in text.split("\n#")[0].splitlines():
        if line.startswith("| `"):
            name, left, fields = (cell.strip() for cell in line.strip("|").split("|"))
            found.update({(name.strip("`"), field): left for field in re.findall(r"`(\w+)`", fields)})
    return found


def test_what_is_left_of_every_field_is_decided() -> None:
    told = {(fact.type.removesuffix(".v1"), field): left_of(fact, field) for fact in OF_PERSONS for field in fact.model_fields}  # fmt: skip
    assert decided() == told, (
        "say what an erasure leaves of it: its mark on the field, its line in docs/data-protection.md"
    )


@every_fact
def test_nothing_sensitive_is_kept(fact: type[Fact]) -> None:
    assert [field for field in fact.model_fields if is_told_of(fact, field)] == []


@every_fact
def test_what_may_not_be_empty_says_what_is_left_of_it(fact: type[Fact]) -> None:
    for field, info in fact.model_fields.items():
        if left_of(fact, field) is Left.AS_CLASS and info.is_required():
            left = fact.mark_of(field, LeftAs)
            assert left is not None, field
            fact.model_validate({**fact.example, field: left.code})
    nested = [part for info in fact.model_fields.values() for part in (info.annotation, *get_args(info.annotation))]
    for model in nested:
        if isinstance(model, type) and issubclass(model, BaseModel):
            assert not any(info.metadata for name, info in model.model_fields.items() if name == "reason")


@every_fact
def test_nothing_that_was_planted_is_left(fact: type[Fact]) -> None:
    """A word in every field that takes one, in the id and in what the fact speaks of."""
    data = dict(fact.example)
    for field in fact.model_fields:
        if left_of(fact, field) is not Left.KEPT and isinstance(data.get(field), str):
            data[field] = "planted"
    left = erased(
        {"id": "planted-1", "source": "urn:test", "type": fact.type, "subject": f"person/{UUID(int=1)}",
         "time": "2026-01-05T09:00:00Z", "recordedtime": "2026-01-05T09:00:00.000000Z", "replaces": "planted-0",
         "causationid": "planted-2", "correlationid": "planted-3", "saidfor": "role/staff", "data": data},
        fact, hashed, 1,
    )  # fmt: skip
    assert "planted" not in json.dumps(left)
    assert of(left).data.occurred_on == fact.model_validate(fact.example).occurred_on
    assert (left["id"], left["replaces"], left["causationid"]) == tuple(
        map(hashed, ("planted-1", "planted-0", "planted-2"))
    )
    assert erased(left, fact, hashed, 7) == left, "twice is once"


def test_plain_codes_stay() -> None:
    for fact in OF_PERSONS:
        for field in fact.model_fields:
            plain = fact.mark_of(field, PlainCodes)
            if plain is not None and left_of(fact, field) is Left.AS_CLASS:
                for code in plain.codes:
                    one = erased({"id": "a", "source": "urn:test", "type": fact.type, "data": {**fact.example, field: code}}, fact, hashed, 1)  # fmt: skip
                    assert one["data"][field] == code


def test_who_is_forgotten_is_said_in_plain() -> None:
    said = envelope(recorded(PersonErased(erased_on=date(2026, 2, 2), ground="request"), id="erasure 1"))
    assert erased(said, PersonErased, hashed, 1) == said


def check(facts: list[Recorded]) -> None:
    facts = [fact for fact in facts if fact.subject.startswith("person/") and "person_erased" not in fact.type]
    left = forgotten(facts)
    assert len(left) == len({fact.key for fact in facts})
    before, after = settle(facts, ORDER), settle(left, ORDER)
    assert [hashed(fact.id) for fact in before] == [fact.id for fact in after], "what stands, and in which order"
    for counting in ("reference", "day_exact"):
        mine, theirs = (
            reckon([fact for fact in some if fact.service == "agrement"], counting) for some in (before, after)
        )
        assert [days(one) for one in mine.agrements] == [days(one) for one in theirs.agrements]
    rows, rows_left = rows_of(facts), rows_of(left)
    for name in rows:
        if name not in OF_RULES:
            columns = tuple(column.name for column in READ_TABLES[name].columns)
            assert shown(name, columns, rows[name]) == shown(name, columns, rows_left[name]), name


def days(agrement: Any) -> tuple[Any, ...]:
    return (agrement.starts_on, agrement.ends_on, agrement.closed_on, agrement.cancelled_on, len(agrement.suspensions))


def shown(name: str, columns: tuple[str, ...], rows: list[Any]) -> list[Any]:
    hidden = EMPTIED.get(name, set())
    return sorted(
        [tuple(value for column, value in zip(columns, row, strict=True) if column not in hidden) for row in rows],
        key=str,
    )


@settings(max_examples=80, deadline=None)
@given(histories("person"))
def test_nothing_moves_in_any_history(facts: list[Recorded]) -> None:
    check(facts)


@settings(max_examples=40, deadline=None)
@given(lives(), st.booleans())
def test_nothing_moves_in_any_life(facts: list[Recorded], at_one_instant: bool) -> None:
    """Said at one instant, ids alone tell which came first."""
    if at_one_instant:
        facts = [fact.model_copy(update={"time": facts[0].time}) for fact in facts]
    check(facts)
