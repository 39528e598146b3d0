"""Read tables about structures, groups and clients, one thing at a time."""

from __future__ import annotations

from typing import Any

import pytest

from services.projections.read_tables import READ_TABLES
from services.structures.facts import (
    AnnexRecorded,
    CertificationAwarded,
    CertificationEnded,
    ClientChanged,
    ClientRegistered,
    DerogationGranted,
    EconomicDismissalDeclared,
    NetworkJoined,
    NetworkLeft,
    WorkforceReported,
)
from shared.facts.fact import Visibility
from tests.services.projections.facts import (
    ACI,
    AI,
    CLIENT,
    EI,
    GROUP,
    given,
    membership_ended,
    membership_started,
    recorded,
    structure_changed,
    structure_closed,
    structure_registered,
    void_of,
)
from tests.services.projections.read_set import ReadSet
from tests.services.scenario import day, uid

SIRET, OTHER_SIRET = "73282932000074", "35600000000048"
ANNEX, CERTIFICATION = uid("annex"), uid("certification")


def annex(starts_on: str, ends_on: str, **more: Any) -> AnnexRecorded:
    known: dict[str, Any] = {
        "annex_id": ANNEX,
        "number": "ACI039240001A0M0",
        "measure": "ACI_DC",
        "state": "VALIDE",
    } | more
    return AnnexRecorded(starts_on=day(starts_on), ends_on=day(ends_on), **known)


def client_registered(kind: Any, registered_on: str, **more: Any) -> ClientRegistered:
    return ClientRegistered(kind=kind, registered_on=day(registered_on), **more)


def client_changed(changed_on: str, **more: Any) -> ClientChanged:
    return ClientChanged(changed_on=day(changed_on), **more)


def test_a_change_of_siret_name_or_kind_keeps_what_was_before() -> None:
    rows = given(
        structure_registered("ACI", "2019-03-01", name="A", siret=SIRET),
        structure_changed("2021-01-01", siret=OTHER_SIRET),
        structure_changed("2022-01-01", name="B"),
        structure_changed("2023-01-01", kind="EI"),
        kind="structure",
    )
    assert [row[1:6] for row in rows.structure_periods] == [
        (day("2019-03-01"), day("2020-12-31"), "ACI", "A", SIRET),
        (day("2021-01-01"), day("2021-12-31"), "ACI", "A", OTHER_SIRET),
        (day("2022-01-01"), day("2022-12-31"), "ACI", "B", OTHER_SIRET),
        (day("2023-01-01"), None, "EI", "B", OTHER_SIRET),
    ]


def test_a_change_of_siret_that_never_was_leaves_no_trace() -> None:
    wrong = recorded(structure_changed("2021-01-01", siret=OTHER_SIRET))
    rows = given(
        recorded(structure_registered("ACI", "2019-03-01", siret=SIRET)), wrong, void_of(wrong), kind="structure"
    )
    assert [(row.starts_on, row.ends_on, row.siret) for row in rows.structure_periods] == [
        (day("2019-03-01"), None, SIRET)
    ]


def test_periods_follow_the_changes_of_a_client() -> None:
    rows = given(
        client_registered("company", "2023-09-01", siret=SIRET),
        client_changed("2023-12-01", siret=SIRET),
        client_changed("2024-02-01", kind="nonprofit"),
        client_changed("2024-02-01", structure_id=EI),
        kind="client",
    )
    assert rows.client_periods == [
        (CLIENT, day("2023-09-01"), day("2024-01-31"), "company", SIRET, None),
        (CLIENT, day("2024-02-01"), None, "nonprofit", SIRET, EI),
    ]
    assert rows.clients[0].kind == "nonprofit"


def test_a_client_that_turns_out_to_be_a_household_has_no_name_and_no_siret() -> None:
    rows = given(
        client_registered("company", "2023-09-01", name="Menuiserie", siret=SIRET),
        client_changed("2024-02-01", kind="household"),
        kind="client",
    )
    assert (rows.clients[0].name, rows.clients[0].siret) == (None, None)
    assert [row.siret for row in rows.client_periods] == [SIRET, None]


def test_a_client_changed_before_it_is_registered_shows_what_is_known() -> None:
    rows = given(client_changed("2024-02-01", siret=SIRET), kind="client")
    assert [(row.starts_on, row.kind, row.siret) for row in rows.client_periods] == [(day("2024-02-01"), None, SIRET)]


def test_economic_dismissals_are_kept_by_day_and_occupation() -> None:
    declared = EconomicDismissalDeclared(declared_on=day("2024-03-15"), occupation_code="K2204")
    twice = recorded(declared, id="again")
    rows = given(recorded(declared), twice, kind="client")
    assert rows.economic_dismissals == [(CLIENT, day("2024-03-15"), "K2204", day("2024-09-14"))]


@pytest.mark.parametrize(("declared_on", "until"), [("2024-08-31", "2025-02-28"), ("2023-08-31", "2024-02-29")])
def test_nobody_is_placed_until_the_end_of_six_months_after_a_dismissal(declared_on: str, until: str) -> None:
    """pathways.md §9: SQL added the months, and let a placement begin on the last day of February."""
    declared = EconomicDismissalDeclared(declared_on=day(declared_on), occupation_code="K2204")
    assert given(declared, kind="client").economic_dismissals[0].no_placement_until == day(until)


def test_an_annex_shows_its_last_state_and_the_parts_of_its_number() -> None:
    provisional = recorded(annex("2024-01-01", "2024-12-31", state="PROVISOIRE"), id="1")
    valid = recorded(annex("2024-01-01", "2024-12-31", funded_posts=12.5), id="2")
    (row,) = given(provisional, valid, kind="structure").annexes
    assert (row.structure_id, row.annex_id, row.state, row.funded_posts) == (ACI, ANNEX, "VALIDE", 12.5)
    assert (row.convention, row.department, row.year, row.amendment, row.modification) == (
        "ACI039240001", "039", 2024, 0, 0,
    )  # fmt: skip


def test_an_annex_whose_number_has_no_parts_is_written_too(read_set: ReadSet) -> None:
    """Its columns held no NULL, so that a structure with such a number, recorded before numbers were checked, had no rows."""
    read_set.add("structure", ACI, annex("2024-01-01", "2024-12-31", number="ACI-2019-7"))
    parts = "number, convention, department, year, amendment, modification"
    assert [tuple(row) for row in read_set.read("annexes", parts)] == [("ACI-2019-7", *[None] * 5)]


def test_an_annex_replaced_shows_what_replaces_it() -> None:
    valid = recorded(annex("2024-01-01", "2024-12-31"), id="1")
    closed = recorded(annex("2024-02-01", "2024-11-30", state="CLOTURE"), id="2", replaces="1")
    (row,) = given(valid, closed, kind="structure").annexes
    assert (row.state, row.starts_on, row.ends_on) == ("CLOTURE", day("2024-02-01"), day("2024-11-30"))


def test_a_certification_ends_even_before_its_award_is_known() -> None:
    ended = CertificationEnded(certification_id=CERTIFICATION, ended_on=day("2025-02-01"), cause="withdrawn")
    (alone,) = given(ended, kind="structure").certifications
    assert (alone.scheme, alone.ended_on, alone.cause) == (None, day("2025-02-01"), "withdrawn")
    awarded = CertificationAwarded(
        certification_id=CERTIFICATION, scheme="CEDRE", awarded_on=day("2023-05-10"), expires_on=day("2026-05-09")
    )
    (row,) = given(ended, awarded, kind="structure").certifications
    assert row[2:] == ("CEDRE", None, day("2023-05-10"), day("2026-05-09"), day("2025-02-01"), "withdrawn")


def test_derogations_are_spans_of_days() -> None:
    granted = DerogationGranted(
        derogation_id=uid("derogation"),
        rule="cdi_inclusion_share",
        decided_on=day("2023-12-15"),
        starts_on=day("2024-01-01"),
        ends_on=day("2024-12-31"),
        limit=30,
    )
    (row,) = given(granted, kind="structure").derogations
    assert row[2:] == ("cdi_inclusion_share", day("2023-12-15"), day("2024-01-01"), day("2024-12-31"), 30)


def test_a_network_left_and_joined_again_makes_two_spans() -> None:
    rows = given(
        NetworkLeft(network="COORACE", left_on=day("2018-12-31")),
        NetworkJoined(network="COORACE", joined_on=day("2019-04-01")),
        NetworkLeft(network="COORACE", left_on=day("2020-12-31")),
        NetworkJoined(network="COORACE", joined_on=day("2022-01-01")),
        NetworkJoined(network="EMMAUS", joined_on=day("2022-01-01")),
        kind="structure",
    )
    assert [row[1:] for row in rows.networks] == [
        ("COORACE", day("2019-04-01"), day("2020-12-31")),
        ("COORACE", day("2022-01-01"), None),
        ("EMMAUS", day("2022-01-01"), None),
    ]


def test_workforce_keeps_the_last_value_told_of_each_figure() -> None:
    rows = given(
        WorkforceReported(as_of=day("2023-12-31"), permanent_staff=6, employees_in_pathway=30),
        recorded(WorkforceReported(as_of=day("2023-12-31"), employees_in_pathway=32), id="z"),
        kind="structure",
    )
    assert rows.workforce == [(ACI, day("2023-12-31"), 6, 32, None, None)]


def test_a_member_that_left_and_joined_again_has_two_memberships() -> None:
    rows = given(
        membership_ended(ACI, "2019-06-30"),
        membership_started(ACI, "2020-01-01"),
        membership_ended(ACI, "2021-12-31"),
        membership_ended(ACI, "2022-06-30"),
        membership_started(ACI, "2023-01-01"),
        membership_started(AI, "2023-01-01"),
        kind="group",
    )
    assert rows.memberships == [
        (GROUP, ACI, day("2020-01-01"), day("2021-12-31")),
        (GROUP, ACI, day("2023-01-01"), None),
        (GROUP, AI, day("2023-01-01"), None),
    ]


@pytest.mark.parametrize(
    ("table", "figures"),
    [
        ("annexes", {"funded_posts"}),
        ("derogations", {"new_limit"}),
        ("economic_dismissals", {"occupation_code"}),
        ("workforce", {
            "permanent_staff", "employees_in_pathway", "employees_outside_pathway", "employees_in_governance",
        }),
    ],
)  # fmt: skip
def test_figures_are_for_the_group_and_the_rest_is_public(table: str, figures: set[str]) -> None:
    for column in READ_TABLES[table].columns:
        expected = Visibility.GROUP if column.name in figures else Visibility.PUBLIC
        assert column.visibility is expected, column.name


def test_a_closed_structure_has_no_period_after_its_last_day() -> None:
    rows = given(
        structure_registered("ACI", "2019-03-01", siret=SIRET),
        structure_closed("2024-06-30", successor_id=EI),
        structure_changed("2024-09-01", siret=OTHER_SIRET),
        kind="structure",
    )
    assert [(row.starts_on, row.ends_on, row.siret) for row in rows.structure_periods] == [
        (day("2019-03-01"), day("2024-06-30"), SIRET)
    ]
