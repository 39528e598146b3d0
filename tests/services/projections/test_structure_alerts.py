"""Alerts about structures: each raised, cleared by the fact that mends it, and absent."""

from __future__ import annotations

from typing import Any

import pytest

from services.structures.facts import CertificationAwarded, CertificationEnded
from shared.facts.fact import Fact, Recorded
from tests.services.projections.facts import (
    ACI,
    AI,
    given,
    recorded,
    structure_changed,
    structure_closed,
    structure_registered,
    void_of,
)
from tests.services.projections.test_bodies import annex
from tests.services.scenario import day, uid

REGISTERED = structure_registered("ACI", "2015-01-01")


def awarded(awarded_on: str, expires_on: str | None, *, scheme: str = "CEDRE", name: str = "") -> CertificationAwarded:
    return CertificationAwarded(
        certification_id=uid(name or f"{scheme} {awarded_on}"),
        scheme=scheme,
        awarded_on=day(awarded_on),
        expires_on=day(expires_on) if expires_on else None,
    )


def ended(certificate: CertificationAwarded, ended_on: str) -> CertificationEnded:
    return CertificationEnded(
        certification_id=certificate.certification_id, ended_on=day(ended_on), cause="not_renewed"
    )


CEDRE = awarded("2023-05-10", "2026-05-09")
EXPIRING = ("certification_expiring", "2026-02-08", "2026-05-09")
EXPIRED = ("certification_expired", "2026-05-10", None)


def alerts(*facts: Fact | Recorded) -> list[tuple[Any, ...]]:
    """Kind, first and last day."""
    rows = given(*facts, kind="structure").structure_alerts
    return [(row.kind, str(row.since), str(row.until) if row.until else None) for row in rows]


def test_a_certificate_near_its_term_is_recalled_then_told_expired() -> None:
    assert alerts(CEDRE) == [EXPIRING, EXPIRED]
    first, second = given(CEDRE, kind="structure").structure_alerts
    assert (first.structure_id, first.about_id, first.article, first.severity) == (
        ACI, CEDRE.certification_id, "CEDRE", "low",
    )  # fmt: skip
    assert (second.article, second.severity) == ("CEDRE", "medium")


def test_a_certificate_without_term_is_never_recalled() -> None:
    assert alerts(awarded("2023-05-10", None)) == []
    assert alerts(REGISTERED) == []


@pytest.mark.parametrize(
    ("again_on", "expected"),
    [
        ("2025-12-01", []),
        ("2026-03-01", [("certification_expiring", "2026-02-08", "2026-02-28")]),
        ("2026-05-10", [EXPIRING]),
        ("2026-06-10", [EXPIRING, ("certification_expired", "2026-05-10", "2026-06-09")]),
    ],
)
def test_the_scheme_awarded_again_clears_both(again_on: str, expected: list[Any]) -> None:
    assert alerts(CEDRE, awarded(again_on, None)) == expected


def test_another_scheme_or_no_longer_term_clears_nothing() -> None:
    assert alerts(CEDRE, awarded("2026-01-01", None, scheme="QUALIREI")) == [EXPIRING, EXPIRED]
    shorter = awarded("2024-01-01", "2025-12-31")
    assert alerts(CEDRE, shorter, ended(shorter, "2025-12-31")) == [EXPIRING, EXPIRED]


def test_an_award_taken_back_before_the_term_clears_nothing() -> None:
    again = awarded("2025-12-01", "2029-12-01")
    assert alerts(CEDRE, again, ended(again, "2026-01-31")) == [EXPIRING, EXPIRED]


@pytest.mark.parametrize(
    ("ended_on", "expected"),
    [
        ("2025-02-01", []),
        ("2026-03-01", [("certification_expiring", "2026-02-08", "2026-02-28")]),
        ("2026-05-10", [EXPIRING]),
        ("2026-07-01", [EXPIRING, ("certification_expired", "2026-05-10", "2026-06-30")]),
    ],
)
def test_a_certificate_declared_ended_is_recalled_no_more(ended_on: str, expected: list[Any]) -> None:
    assert alerts(CEDRE, ended(CEDRE, ended_on)) == expected


def test_a_certificate_awarded_shortly_before_its_term_is_recalled_from_its_award() -> None:
    assert alerts(awarded("2026-04-01", "2026-05-09"))[0] == ("certification_expiring", "2026-04-01", "2026-05-09")


def test_an_award_that_never_was_raises_nothing() -> None:
    wrong = recorded(CEDRE)
    assert alerts(wrong, void_of(wrong)) == []


ANNEX_ENDED = ("annex_ended", "2025-01-01", None)


def test_an_annex_over_is_told_from_the_next_day() -> None:
    assert alerts(REGISTERED, annex("2024-01-01", "2024-12-31")) == [ANNEX_ENDED]
    (row,) = given(REGISTERED, annex("2024-01-01", "2024-12-31"), kind="structure").structure_alerts
    assert (row.about_id, row.article, row.severity) == (uid("annex"), "L5132-2", "medium")


@pytest.mark.parametrize(
    ("next_starts_on", "expected"),
    [
        ("2024-07-01", [("annex_ended", "2026-01-01", None)]),
        ("2025-01-01", [("annex_ended", "2026-01-01", None)]),
        ("2025-03-01", [("annex_ended", "2025-01-01", "2025-02-28"), ("annex_ended", "2026-01-01", None)]),
    ],
)
def test_another_annex_clears_it(next_starts_on: str, expected: list[Any]) -> None:
    following = annex(next_starts_on, "2025-12-31", annex_id=uid("next annex"), number="ACI039250001A0M0")
    assert alerts(REGISTERED, annex("2024-01-01", "2024-12-31"), following) == expected


def test_a_longer_annex_covers_a_shorter_one_inside_it() -> None:
    inside = annex("2024-03-01", "2024-06-30", annex_id=uid("short annex"))
    assert alerts(REGISTERED, annex("2024-01-01", "2024-12-31"), inside) == [ANNEX_ENDED]


def test_an_annex_prolonged_by_a_further_fact_ends_later() -> None:
    prolonged = recorded(annex("2024-01-01", "2025-06-30"), id="z")
    assert alerts(REGISTERED, recorded(annex("2024-01-01", "2024-12-31"), id="a"), prolonged) == [
        ("annex_ended", "2025-07-01", None)
    ]


def test_an_annex_not_in_force_neither_raises_nor_clears() -> None:
    assert alerts(REGISTERED, annex("2024-01-01", "2024-12-31", state="REJETE")) == []
    refused = annex("2025-01-01", "2025-12-31", annex_id=uid("next annex"), state="REJETE")
    assert alerts(REGISTERED, annex("2024-01-01", "2024-12-31"), refused) == [ANNEX_ENDED]


@pytest.mark.parametrize("measure", ["FDI", "FDI_DC", "EI_DC", "EITI_DC", "AI_DC", "ACIPA_DC", "SOMETHING_DC"])
def test_an_annex_of_another_measure_neither_prolongs_nor_raises(measure: str) -> None:
    """Any annex prolonged the days of the others: an FDI grant hid that the ACI's own had ended."""
    other = annex("2021-01-01", "2022-11-30", annex_id=uid("other"), measure=measure)
    own = annex("2021-01-01", "2021-12-31")
    assert alerts(REGISTERED, own, other) == [("annex_ended", "2022-01-01", None)]
    assert alerts(REGISTERED, other) == []
    later = annex("2022-03-01", "2022-12-31", annex_id=uid("later"), measure=measure)
    assert alerts(REGISTERED, own, later) == [("annex_ended", "2022-01-01", None)]


@pytest.mark.parametrize(
    ("amendment", "expected"),
    [
        (("2024-01-01", "2024-06-30", "A1M0"), "2024-07-01"),
        (("2024-05-01", "2024-06-30", "A1M0"), "2024-07-01"),
        (("2024-05-01", "2024-06-30", "A0M1"), "2024-07-01"),
        (("2024-05-01", "2025-06-30", "A1M0"), "2025-07-01"),
        (("2024-05-01", "2024-06-30", "A0M0"), "2025-01-01"),
    ],
)
def test_an_amendment_under_an_id_of_its_own_takes_the_place_of_the_first_text(
    amendment: tuple[str, str, str], expected: str
) -> None:
    """One that shortens an annex ended nothing: the first text went on beside it. Whichever of them is told first."""
    starts_on, ends_on, number = amendment
    first = annex("2024-01-01", "2024-12-31", number="ACI039240001A0M0")
    amended = annex(starts_on, ends_on, annex_id=uid("amended"), number=f"ACI039240001{number}")
    assert alerts(REGISTERED, first, amended) == alerts(REGISTERED, amended, first) == [("annex_ended", expected, None)]
    other = annex(starts_on, ends_on, annex_id=uid("amended"), number=f"ACI039240002{number}")
    assert alerts(REGISTERED, first, other)[0][1] == max(expected, "2025-01-01")
    refused = annex(starts_on, ends_on, annex_id=uid("amended"), number=f"ACI039240001{number}", state="REJETE")
    assert alerts(REGISTERED, first, refused) == [ANNEX_ENDED]


@pytest.mark.parametrize("kind", ["ACI", "AI", "EI", "ETTI", "EITI"])
def test_each_kind_has_its_own_measure(kind: str) -> None:
    own = annex("2024-01-01", "2024-12-31", measure=f"{kind}_DC")
    assert alerts(structure_registered(kind, "2015-01-01"), own) == [ANNEX_ENDED]
    following = annex("2025-01-01", "2025-12-31", annex_id=uid("next annex"), measure=f"{kind}_DC")
    assert alerts(structure_registered(kind, "2015-01-01"), own, following) == [("annex_ended", "2026-01-01", None)]


def test_an_annex_counts_while_its_structure_is_of_that_kind() -> None:
    becomes_ei = structure_changed("2024-07-01", kind="EI")
    whole_year = annex("2024-01-01", "2024-12-31")
    assert alerts(REGISTERED, becomes_ei, whole_year) == [("annex_ended", "2024-07-01", None)]
    of_the_ei = annex("2024-07-01", "2025-06-30", annex_id=uid("of the EI"), measure="EI_DC")
    assert alerts(REGISTERED, becomes_ei, whole_year, of_the_ei) == [("annex_ended", "2025-07-01", None)]
    before_it_was_one = annex("2023-01-01", "2024-03-31", annex_id=uid("of the EI"), measure="EI_DC")
    assert alerts(REGISTERED, becomes_ei, before_it_was_one) == []


def test_only_a_siae_needs_an_annex() -> None:
    over = annex("2024-01-01", "2024-12-31")
    assert alerts(over) == []
    assert alerts(structure_registered("OASP", "2015-01-01"), over) == []
    assert alerts(REGISTERED, structure_changed("2024-12-31", kind="COMPANY"), over) == []
    assert alerts(REGISTERED, structure_changed("2025-04-01", kind="COMPANY"), over) == [
        ("annex_ended", "2025-01-01", "2025-03-31")
    ]
    assert alerts(REGISTERED, structure_changed("2025-04-01", kind="EI"), over) == [ANNEX_ENDED]


def test_nothing_is_asked_of_a_structure_that_closed() -> None:
    over = annex("2024-01-01", "2024-12-31")
    assert alerts(REGISTERED, over, CEDRE, structure_closed("2024-12-31", successor_id=AI)) == []
    assert alerts(REGISTERED, over, structure_closed("2025-06-30")) == [("annex_ended", "2025-01-01", "2025-06-30")]
    opened_again = structure_registered("ACI", "2025-09-01")
    assert alerts(REGISTERED, over, structure_closed("2025-06-30"), opened_again) == [ANNEX_ENDED]
