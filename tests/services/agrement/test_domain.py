"""What the agrement service refuses before it has its own rules: what cannot be true, and mending of the unknown."""

from __future__ import annotations

from uuid import UUID

import pytest

from services.agrement import refusals
from services.agrement.domain import decide
from services.agrement.facts import CATALOGUE, AgrementGranted, EligibilityDiagnosed, FactVoided
from shared.deciding import AlreadyVoidedError, ReplacesUnknownError, VoidOfUnknownError
from shared.facts import Fact
from shared.problems import DomainError
from tests.services.scenario import SOURCE, Service, like, said

AGREMENT = Service(CATALOGUE, decide)
OTHER = UUID("00000000-0000-4000-8000-000000000001")


@pytest.mark.parametrize(
    ("kind", "field", "error"),
    [
        (EligibilityDiagnosed, "diagnosis_id", refusals.DiagnosisIdUsedError),
        (AgrementGranted, "agrement_id", refusals.AgrementIdUsedError),
    ],
)
def test_an_id_names_one_thing(kind: type[Fact], field: str, error: type[DomainError]) -> None:
    first = like(kind)
    AGREMENT.when(first).accepted()
    AGREMENT.given(first).when(like(kind)).refused_with(error, **{field: getattr(first, field)})
    AGREMENT.given(first).when(like(kind, **{field: OTHER})).accepted()
    AGREMENT.given(said(first, id="first")).when(said(like(kind), replaces="first")).accepted()


@pytest.mark.parametrize("end", ["2018-12-31", "2019-03-02"])
def test_an_agrement_that_does_not_outlast_its_first_day_is_refused(end: str) -> None:
    wrong = like(AgrementGranted, starts_on="2019-03-02", initial_ends_on=end)
    AGREMENT.when(wrong).refused_with(
        refusals.AgrementEndsBeforeStartError,
        agrement_id=wrong.agrement_id,
        starts_on=wrong.starts_on,
        initial_ends_on=wrong.initial_ends_on,
    )


def test_an_agrement_that_brings_its_end_or_none_is_recorded() -> None:
    AGREMENT.when(like(AgrementGranted, starts_on="2019-03-02", initial_ends_on="2019-03-03")).accepted()
    AGREMENT.when(like(AgrementGranted, initial_ends_on=None)).accepted()


def test_only_what_is_known_can_be_voided() -> None:
    granted, void = said(like(AgrementGranted), id="grant"), like(FactVoided, fact_id="grant")
    AGREMENT.given(granted).when(void).accepted()
    AGREMENT.when(void).refused_with(VoidOfUnknownError, fact_id="grant", fact_source=SOURCE)
    AGREMENT.given(granted).when(like(FactVoided, fact_id="grant", fact_source="urn:other")).refused_with(
        VoidOfUnknownError, fact_id="grant", fact_source="urn:other"
    )
    AGREMENT.given(granted).when(said(like(FactVoided, fact_id="grant", fact_source=SOURCE), source="urn:b")).accepted()


def test_what_is_voided_is_not_voided_again_but_restored_by_voiding_the_void() -> None:
    granted, void = said(like(AgrementGranted), id="grant"), said(like(FactVoided, fact_id="grant"), id="void")
    AGREMENT.given(granted, void).when(like(FactVoided, fact_id="grant")).refused_with(
        AlreadyVoidedError, fact_id="grant", fact_source=SOURCE
    )
    restoring = said(like(FactVoided, fact_id="void"), id="restore")
    AGREMENT.given(granted, void).when(restoring).accepted()
    AGREMENT.given(granted, void, restoring).when(like(FactVoided, fact_id="grant")).accepted()
    AGREMENT.given(granted, void, restoring).when(like(FactVoided, fact_id="void")).refused_with(
        AlreadyVoidedError, fact_id="void", fact_source=SOURCE
    )


def test_a_void_is_corrected_by_another_one() -> None:
    granted, void = said(like(AgrementGranted), id="grant"), said(like(FactVoided, fact_id="grant"), id="void")
    AGREMENT.given(granted, void).when(
        said(like(FactVoided, fact_id="grant", reason="other"), replaces="void")
    ).accepted()


def test_only_what_is_known_can_be_replaced() -> None:
    AGREMENT.when(said(like(AgrementGranted), replaces="grant")).refused_with(ReplacesUnknownError, replaces="grant")
    elsewhere = said(like(EligibilityDiagnosed), id="grant", source="urn:other")
    AGREMENT.given(elsewhere).when(said(like(AgrementGranted), replaces="grant")).refused_with(
        ReplacesUnknownError, replaces="grant"
    )


def test_a_voided_fact_may_still_be_replaced() -> None:
    granted, void = said(like(AgrementGranted), id="grant"), like(FactVoided, fact_id="grant")
    AGREMENT.given(granted, void).when(said(like(AgrementGranted), replaces="grant")).accepted()
