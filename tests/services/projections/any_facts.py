"""Any fact of any catalogue, drawn from few ids and days so that facts speak of the same things; and histories of them.

Made from the models: a new fact is drawn as soon as its catalogue has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from hypothesis import strategies as st
from pydantic import BaseModel

from services.pathways.facts import LimitationLifted, ProcessingLimited
from shared.facts.erasing import PersonErased
from shared.facts.fact import Fact, FactVoided, Recorded
from shared.facts.merging import PersonsMerged
from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    C2,
    C3,
    CATALOGUE,
    CLIENT,
    EI,
    recorded,
    void_of,
)
from tests.services.scenario import uid

STRUCTURES = st.sampled_from([ACI, AI, EI])
CONTRACTS = st.sampled_from([C1, C2, C3])
DAYS = st.integers(0, 400).map(lambda days: date(2024, 1, 1) + timedelta(days=days))
FEW_DAYS = st.integers(0, 6).map(lambda days: date(2024, 1, 1) + timedelta(days=days))
"""For groups: memberships that touch."""

Strategy = st.SearchStrategy[Any]


def ids(name: str) -> Strategy:
    return st.sampled_from([uid(f"{name} {number}") for number in range(3)])


NAMED: dict[str, Strategy] = {
    **dict.fromkeys(("structure_id", "from_structure_id", "to_structure_id", "successor_id", "host_id"), STRUCTURES),
    **dict.fromkeys(("contract_id", "renews_contract_id"), CONTRACTS),
    "client_id": st.just(CLIENT),
    "renews_immersion_id": ids("immersion"),
    "month": st.sampled_from(["2024-01", "2024-02", "2024-07", "2025-01"]),
    "number": st.just("ACI039240001A0M0"),
    "oriented_to": st.just("FT"),
    "document_hash": st.just("0f" * 32),
    "benefits": st.sampled_from([("RSA",), ("RSA", "ASS")]),
    "criteria": st.just(("RSA",)),
    "age": st.sampled_from([45, 57]),
    "birth_year": st.just(1966),
    "weekly_hours": st.sampled_from([12.0, 20.0, 35.0]),
    "in_pathway": st.sampled_from([True, True, True, False]),
}
"""Fields with a meaning or a pattern of their own."""

LEFT_OUT = frozenset({"name", "siret", "department", "commune_code", "sector_codes", "version", "number"})
"""Optional fields that no row is reckoned from."""


def _values(name: str, hint: Any) -> Strategy:
    """What a field may hold."""
    if get_origin(hint) is Annotated:
        return _values(name, get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        (plain,) = (part for part in get_args(hint) if part is not type(None))
        return st.none() if name in LEFT_OUT else st.none() | _values(name, plain)
    if name in NAMED:
        return NAMED[name]
    if get_origin(hint) is Literal:
        return st.sampled_from(_choices(hint))
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return _built(hint)
    return {
        UUID: ids(name),
        date: DAYS,
        str: st.sampled_from(["one", "other"]),
        bool: st.booleans(),
        int: st.sampled_from([3, 6, 12, 57]),
        float: st.integers(0, 600).map(float),
    }[hint]


def _choices(hint: Any) -> list[Any]:
    return [choice for part in get_args(hint) for choice in (_choices(part) if get_origin(part) else [part])]


def _built(model: type[BaseModel], **given: Strategy) -> Strategy:
    hints = get_type_hints(model, include_extras=True)
    fields = {name: _values(name, hints[name]) for name in model.model_fields}
    return st.builds(model, **{**fields, **given})


GIVEN: dict[str, dict[str, Strategy]] = {
    "pathways.immersion_agreed.v1": {"days": st.sampled_from([None, 5, 20])},
    "pathways.immersion_ended.v1": {"days": st.sampled_from([None, 5, 20])},
    "structures.structure_registered.v1": {"name": st.just("A")},
    "structures.group_formed.v1": {"name": st.just("A")},
    "structures.membership_started.v1": {"started_on": FEW_DAYS},
    "structures.membership_ended.v1": {"ended_on": FEW_DAYS},
    "pathways.exited.v1": {"reason": st.sampled_from(["2", "3", "8", "17"])},
}
"""Where a field has bounds of its own, or few values say more."""


LIMITING = ProcessingLimited | LimitationLifted


def facts_about(kind: str, only: Iterable[type[Fact]] | None = None) -> Strategy:
    """Any fact of a kind of subject; voids are for `histories`. Merges, after which rows are no longer those of one
    subject's facts, are for `test_merged`, limitations, after which lists have none of its rows, for `test_limited`, and
    erasures, after which nobody is told of anything, for `test_erasing`."""
    apart = FactVoided | PersonsMerged | PersonErased | LIMITING
    models = only or [fact for fact in CATALOGUE.facts.values() if not issubclass(fact, apart)]
    return st.one_of([_built(fact, **GIVEN.get(fact.type, {})) for fact in models if kind in fact.subjects])


KINDS = {kind: facts_about(kind) for kind in ("person", "structure", "group", "client")}

FATES = ("stands",) * 4 + (
    "voided",
    "voided twice",
    "restored",
    "reposted",
    "replaced",
    "replaced twice",
    "replaced by two",
    "replaced, then voided",
)
LATER, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)


@st.composite
def histories(draw: st.DrawFn, kind: str, facts: Strategy | None = None) -> list[Recorded]:
    """Facts of one subject with what became of them: voided (twice), restored by a void of the void, posted again,
    replaced, once or by two, the replacement replaced or voided."""
    drawn = KINDS[kind] if facts is None else facts
    known: list[Recorded] = []
    for place, fact in enumerate(draw(st.lists(drawn, max_size=12))):
        original = recorded(fact, id=f"fact {place}")
        known.append(original)
        fate = draw(st.sampled_from(FATES))
        if fate in {"voided", "voided twice", "restored", "reposted"}:
            void = void_of(original)
            known.append(void)
            if fate == "voided twice":
                known.append(void.model_copy(update={"id": f"void of {place} again"}))
            if fate == "restored":
                known.append(void_of(void))
        if fate == "reposted":
            known.append(recorded(fact, id=f"fact {place} again"))
        if fate.startswith("replaced"):
            mended = recorded(draw(drawn), id=f"fact {place} mended", replaces=original.id, at=LATER)
            known.append(mended)
            if fate == "replaced twice":
                known.append(recorded(draw(drawn), id=f"fact {place} mended again", replaces=mended.id, at=LAST))
            if fate == "replaced by two":
                known.append(recorded(draw(drawn), id=f"fact {place} mended too", replaces=original.id, at=LAST))
            if fate == "replaced, then voided":
                known.append(void_of(mended))
    return known
