"""The view of alerts on a real PostgreSQL: what several subjects tell together, for whom, and until when."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from services.placements.facts import CapApproaching, CapExceeded, PlacementChanged
from services.projections.api.alert_routes import KEY
from services.structures.facts import AnnexRecorded
from shared.facts.fact import Recorded
from tests.services.projections.any_facts import histories
from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    C2,
    C3,
    CLIENT,
    EI,
    ETTI,
    GROUP,
    PERSON,
    hired,
    membership_ended,
    membership_started,
    recorded,
    structure_changed,
    structure_registered,
    void_of,
)
from tests.services.projections.placing import PLACEMENT, agreed, client, derogation, dismissal, worked
from tests.services.projections.read_set import KINDS, ReadSet, add, read, see
from tests.services.scenario import day, uid


def spans(read_set: ReadSet, kind: str, on: str = "2030-01-01", columns: str = "since, until") -> list[tuple[Any, ...]]:
    return read(read_set, on, "alerts", columns, f"kind = '{kind}'")


# Types of contracts

UNUSUAL = "contract_type_unusual"
GEIQ = uid("geiq")


@pytest.mark.parametrize(
    ("contract_type", "unusual_at"),
    [
        ("CDDI", ["ETTI"]),
        ("CDDI_PHC", ["AI", "EI", "ETTI"]),
        ("CDD_USAGE", ["ACI", "EI", "ETTI"]),
        ("MISSION", ["ACI", "AI", "EI"]),
        ("CDD", ["ACI", "AI", "EI", "ETTI"]),
        ("CDI_INCLUSION", []),
        ("CDI", []),
        ("APPRENTISSAGE", []),
        ("OTHER", []),
    ],
)
def test_a_type_that_a_kind_of_structure_does_not_use_is_told(
    read_set: ReadSet, contract_type: Any, unusual_at: list[str]
) -> None:
    read_set.known_structures(ACI, AI, EI, ETTI)
    read_set.add("structure", GEIQ, structure_registered("GEIQ", "2015-01-01"))
    for structure_id in (ACI, AI, EI, ETTI, GEIQ):
        hire = hired(structure_id, structure_id, "2024-01-01", "2024-12-31", contract_type=contract_type)
        read_set.add("person", structure_id, hire)
    told = spans(read_set, UNUSUAL, columns="structure_kind, since, until, article, severity")
    assert [row[0] for row in told] == unusual_at
    assert {row[1:] for row in told} <= {
        ("2024-01-01", "2024-12-31", article, "low") for article in ("L5132-15-1", "L5132-11-1", "L5132-5", "L5132-6")
    }


def test_a_type_corrected_and_permanent_staff_are_not_told(read_set: ReadSet) -> None:
    read_set.known_structures(ACI)
    staff = hired(C2, ACI, "2024-01-01", contract_type="CDD", in_pathway=False)
    wrong = recorded(hired(C1, ACI, "2024-01-01", contract_type="CDD"), id="wrong")
    add(read_set, f"person/{PERSON}", [wrong, recorded(staff)])
    assert spans(read_set, UNUSUAL) == [("2024-01-01", None)]
    mended = recorded(hired(C1, ACI, "2024-01-01"), id="mended", replaces="wrong")
    add(read_set, f"person/{uid('other')}", [wrong, mended, recorded(staff)])
    assert len(spans(read_set, UNUSUAL)) == 1


# Weekly hours

FLOOR = "weekly_hours_below_floor"


def test_twelve_hours_a_week_without_a_derogation_is_an_alert(read_set: ReadSet) -> None:
    """pathways.md §8: an ACI contract of 12 h a week without derogation."""
    read_set.known_structures(ACI)
    read_set.add("person", PERSON, hired(C1, ACI, "2024-01-01", "2025-06-30", weekly_hours=12))
    assert spans(read_set, FLOOR, columns="since, until, structure_kind, about_id") == [
        ("2024-01-01", "2025-06-30", "ACI", C1)
    ]


def test_a_collective_derogation_takes_its_days_off(read_set: ReadSet) -> None:
    """pathways.md §8: with one from 2024-01-01 for 12 months, none until 2024-12-31."""
    granted = derogation("2024-01-01", "2024-12-31", "weekly_hours_collective")
    read_set.add("structure", ACI, structure_registered("ACI", "2015-01-01"), granted)
    read_set.add("person", PERSON, hired(C1, ACI, "2024-01-01", "2025-06-30", weekly_hours=12))
    assert spans(read_set, FLOOR, "2024-12-31") == []
    assert spans(read_set, FLOOR, "2025-01-01") == [("2025-01-01", "2025-06-30")]


def test_a_derogation_within_a_contract_leaves_the_days_around_it(read_set: ReadSet) -> None:
    read_set.add(
        "structure",
        ACI,
        structure_registered("ACI", "2015-01-01"),
        derogation("2024-03-01", "2024-03-31", "weekly_hours_collective"),
        derogation("2024-03-20", "2024-04-30", "weekly_hours_collective"),
        derogation("2024-05-01", "2024-12-31", "ai_hours_cap"),
    )
    read_set.add("person", PERSON, hired(C1, ACI, "2024-01-01", weekly_hours=12))
    assert spans(read_set, FLOOR) == [("2024-01-01", "2024-02-29"), ("2024-05-01", None)]


@pytest.mark.parametrize(("limit", "expected"), [(12, []), (15, [("2024-01-01", "2024-12-31")])])
def test_a_derogation_with_a_floor_of_its_own_covers_what_reaches_it(
    read_set: ReadSet, limit: float, expected: list[Any]
) -> None:
    granted = derogation("2024-01-01", "2024-12-31", "weekly_hours_collective", limit)
    read_set.add("structure", ACI, structure_registered("ACI", "2015-01-01"), granted)
    read_set.add("person", PERSON, hired(C1, ACI, "2024-01-01", "2024-12-31", weekly_hours=12))
    assert spans(read_set, FLOOR) == expected


def test_another_structure_s_derogation_covers_nothing(read_set: ReadSet) -> None:
    read_set.known_structures(ACI)
    read_set.add("structure", EI, derogation("2024-01-01", "2024-12-31", "weekly_hours_collective"))
    read_set.add("person", PERSON, hired(C1, ACI, "2024-01-01", "2024-06-30", weekly_hours=12))
    assert spans(read_set, FLOOR) == [("2024-01-01", "2024-06-30")]


# Clients that dismissed


def placed_after_a_dismissal(read_set: ReadSet, structure: Any = AI, code: str = "K2204") -> None:
    read_set.known_structures(AI, ACI)
    read_set.add("client", CLIENT, client("company", "2020-01-01"), dismissal("2024-01-15"), dismissal("2024-02-15"))
    read_set.add("person", PERSON, agreed(structure, "2024-03-01", "2024-06-30", occupation_code=code))


def test_a_placement_where_the_client_dismissed_on_the_occupation_is_an_alert(read_set: ReadSet) -> None:
    """L5132-7; two dismissals are one alert."""
    placed_after_a_dismissal(read_set)
    told = spans(read_set, "client_dismissed", columns="since, until, about_id, subject, article, severity")
    assert told == [("2024-03-01", "2024-06-30", PLACEMENT, f"person/{PERSON}", "L5132-7", "high")]
    assert spans(read_set, "client_dismissed", "2024-02-29") == []


@pytest.mark.parametrize(("structure", "code"), [(ACI, "K2204"), (AI, "A1203")])
def test_it_counts_for_associations_and_the_same_occupation(read_set: ReadSet, structure: Any, code: str) -> None:
    placed_after_a_dismissal(read_set, structure, code)
    assert spans(read_set, "client_dismissed") == []


@pytest.mark.parametrize(
    ("declared_on", "count"), [("2023-09-01", 0), ("2023-09-02", 1), ("2024-03-01", 1), ("2024-03-02", 0)]
)
def test_a_dismissal_counts_for_six_months(read_set: ReadSet, declared_on: str, count: int) -> None:
    read_set.known_structures(AI)
    read_set.add("client", CLIENT, dismissal(declared_on))
    read_set.add("person", PERSON, agreed(AI, "2024-03-01", occupation_code="K2204"))
    assert len(spans(read_set, "client_dismissed")) == count


def test_a_dismissal_taken_back_clears_it(read_set: ReadSet) -> None:
    read_set.known_structures(AI)
    declared = recorded(dismissal("2024-01-15"))
    add(read_set, f"client/{CLIENT}", [declared, void_of(declared, subject=CLIENT)])
    read_set.add("person", PERSON, agreed(AI, "2024-03-01", occupation_code="K2204"))
    assert spans(read_set, "client_dismissed") == []


# CDI inclusion among funded posts

SHARE = "cdi_inclusion_share"


def annex(
    starts_on: str,
    ends_on: str,
    posts: float | None,
    state: str = "VALIDE",
    number: int = 1,
    measure: str = "ACI_DC",
    amendment: int = 0,
) -> AnnexRecorded:
    return AnnexRecorded(
        annex_id=uid(f"annex {starts_on} {number} {amendment}"),
        number=f"ACI03924000{number}A{amendment}M0",
        measure=measure,
        state=state,
        starts_on=day(starts_on),
        ends_on=day(ends_on),
        funded_posts=posts,
    )


def cdi_inclusions(read_set: ReadSet, *last_days: str | None) -> None:
    """In one structure, one after the other from 2024-02-01, each on the first of a month."""
    for place, last in enumerate(last_days):
        contract = hired(C1, ACI, f"2024-{place + 2:02}-01", last, contract_type="CDI_INCLUSION", age=58)
        read_set.add("person", uid(f"person {place}"), contract)


def aci(read_set: ReadSet, *facts: Any) -> None:
    read_set.add("structure", ACI, structure_registered("ACI", "2015-01-01"), *facts)


def test_more_than_a_fifth_of_the_posts_is_an_alert_until_one_leaves(read_set: ReadSet) -> None:
    aci(read_set, annex("2024-01-01", "2024-12-31", 10))
    cdi_inclusions(read_set, None, None, "2024-08-31")
    columns = "since, until, subject, about_id, structure_kind, article"
    assert spans(read_set, SHARE, columns=columns) == [
        ("2024-04-01", "2024-08-31", f"structure/{ACI}", ACI, "ACI", "D5132-43-13")
    ]
    assert spans(read_set, SHARE, "2024-03-31") == []


def test_posts_of_an_amendment_take_the_place_of_those_of_the_first_text(read_set: ReadSet) -> None:
    """They were added to them, and hid that there were too many contracts."""
    aci(read_set, annex("2024-01-01", "2024-12-31", 15), annex("2024-05-01", "2024-12-31", 5, amendment=1))
    cdi_inclusions(read_set, None, None, None)
    assert spans(read_set, SHARE) == [("2024-05-01", "2024-12-31")]


@pytest.mark.parametrize(
    ("measure", "expected"), [("ACI_DC", ("2024-07-01", "2024-12-31")), ("EI_DC", ("2024-02-01", "2024-06-30"))]
)
def test_the_share_is_of_the_kind_that_the_structure_is_on_the_day(
    read_set: ReadSet, measure: str, expected: tuple[str, str]
) -> None:
    """A span was kept or left by the kind on its first day: that of the new kind was lost, that of the old one went on."""
    becomes_aci = structure_changed("2024-07-01", kind="ACI")
    own = annex("2024-01-01", "2024-12-31", 2, measure=measure)
    read_set.add("structure", ACI, structure_registered("EI", "2015-01-01"), becomes_aci, own)
    cdi_inclusions(read_set, None)
    kind = measure.removesuffix("_DC")
    assert spans(read_set, SHARE, columns="since, until, structure_kind") == [(*expected, kind)]
    # The day before, nobody counted on a change to come.
    assert spans(read_set, SHARE, "2024-06-30") == ([("2024-02-01", "2024-12-31")] if kind == "EI" else [])


def test_a_span_ends_and_begins_again_around_a_spell_as_another_kind(read_set: ReadSet) -> None:
    spell = [structure_changed("2024-05-01", kind="EI"), structure_changed("2024-08-01", kind="ACI")]
    aci(read_set, annex("2024-01-01", "2024-12-31", 2), *spell)
    cdi_inclusions(read_set, None)
    assert spans(read_set, SHARE) == [("2024-02-01", "2024-04-30"), ("2024-08-01", "2024-12-31")]


def test_posts_of_annexes_add_up_and_those_not_known_tell_nothing(read_set: ReadSet) -> None:
    aci(
        read_set,
        annex("2024-01-01", "2024-12-31", 10),
        annex("2024-06-01", "2024-09-30", 5, number=2),
        annex("2024-11-01", "2024-12-31", None, number=3),
        annex("2024-01-01", "2024-12-31", 100, "SUSPENDU", number=4),
    )
    cdi_inclusions(read_set, None, None, None)
    assert spans(read_set, SHARE) == [("2024-04-01", "2024-05-31"), ("2024-10-01", "2024-10-31")]


@pytest.mark.parametrize("measure", ["FDI_DC", "EI_DC", "ACIPA_DC"])
@pytest.mark.parametrize("posts", [90, None])
def test_posts_of_another_measure_neither_hide_the_share_nor_make_it_unknown(
    read_set: ReadSet, measure: str, posts: float | None
) -> None:
    """Posts of any annex were added up: 90 of an FDI grant beside the ACI's 10 hid three CDI inclusions."""
    own, other = annex("2024-01-01", "2024-12-31", 10), annex("2024-01-01", "2024-12-31", posts, number=2)
    aci(read_set, own, other.model_copy(update={"measure": measure}))
    cdi_inclusions(read_set, None, None, None)
    assert spans(read_set, SHARE) == [("2024-04-01", "2024-12-31")]


def test_the_share_is_asked_since_september_2021_by_its_article(read_set: ReadSet) -> None:
    """pathways.md §9; it was asked since 2020-12-16 by the article of the law."""
    measures = {ACI: "ACI_DC", AI: "AI_DC", EI: "EI_DC"}
    for structure_id, measure in measures.items():
        own = annex("2021-01-01", "2021-12-31", 4, measure=measure)
        read_set.add("structure", structure_id, structure_registered(KINDS[structure_id], "2015-01-01"), own)
        inclusion = hired(C1, structure_id, "2021-02-01", contract_type="CDI_INCLUSION", age=58)
        read_set.add("person", uid(f"person of {measure}"), inclusion)
    assert spans(read_set, SHARE, "2021-08-31") == []
    assert sorted(spans(read_set, SHARE, columns="structure_kind, since, article")) == [
        ("ACI", "2021-09-01", "D5132-43-13"),
        ("AI", "2021-09-01", "D5132-26-11"),
        ("EI", "2021-09-01", "D5132-10-5-2"),
    ]


@pytest.mark.parametrize(("limit", "expected"), [(None, []), (25, [("2024-04-01", "2024-12-31")])])
def test_a_derogation_moves_the_share(read_set: ReadSet, limit: float | None, expected: list[Any]) -> None:
    aci(read_set, annex("2024-01-01", "2024-12-31", 10), derogation("2024-01-01", "2026-12-31", SHARE, limit))
    cdi_inclusions(read_set, None, None, None)
    assert spans(read_set, SHARE) == expected


def test_without_an_annex_nobody_can_tell_the_share(read_set: ReadSet) -> None:
    aci(read_set)
    cdi_inclusions(read_set, None, None, None)
    assert spans(read_set, SHARE) == []


# The cap


def company(read_set: ReadSet) -> None:
    read_set.known_structures(AI)
    read_set.add("client", CLIENT, client("company", "2020-01-01"))


def reached(kind: Any, reached_on: str, hours: float) -> Any:
    return kind(
        structure_id=AI,
        window_starts_on=day("2024-02-10"),
        reached_on=day(reached_on),
        hours=hours,
        placement_id=PLACEMENT,
    )


def test_what_the_service_says_of_a_window_holds_until_its_end(read_set: ReadSet) -> None:
    read_set.known_structures(AI)
    read_set.add("person", PERSON, reached(CapApproaching, "2025-09-30", 400), reached(CapExceeded, "2025-11-30", 490))
    columns = "since, until, severity, article, about_id, current"
    assert spans(read_set, "cap_approaching", "2026-02-09", columns) == [
        ("2025-09-30", "2026-02-09", "medium", "L5132-9", AI, True)
    ]
    assert spans(read_set, "cap_exceeded", "2026-02-10", columns) == [
        ("2025-11-30", "2026-02-09", "high", "L5132-9", AI, False)
    ]
    assert spans(read_set, "cap_exceeded", "2025-11-29") == []


def test_hours_are_no_alert_on_days_on_which_a_derogation_lifts_the_cap(read_set: ReadSet) -> None:
    lifted = derogation("2025-12-01", "2026-01-31")
    only_moved = derogation("2025-10-01", "2026-02-09", limit=485)
    other_rule = derogation("2025-10-01", "2026-02-09", "weekly_hours_collective")
    read_set.add("structure", AI, structure_registered("AI", "2015-01-01"), lifted, only_moved, other_rule)
    read_set.add("person", PERSON, reached(CapApproaching, "2025-09-30", 400), reached(CapExceeded, "2025-12-31", 490))
    columns = "since, until, current"
    assert spans(read_set, "cap_approaching", "2026-01-31", columns) == [("2025-09-30", "2025-11-30", False)]
    assert spans(read_set, "cap_exceeded", "2026-01-31", columns) == []
    assert spans(read_set, "cap_exceeded", "2026-02-01", columns) == [("2026-02-01", "2026-02-09", True)]


BEYOND = "placement_beyond_cap"
OTHER = uid("another placement")


def test_planned_hours_that_fit_no_more_are_an_alert_until_they_are_reduced(read_set: ReadSet) -> None:
    """Hours worked were corrected after the second placement was agreed."""
    company(read_set)
    told = (
        agreed(AI, "2024-02-10", "2024-12-31"),
        worked(AI, "2024-02", 450),
    )
    second = agreed(AI, "2025-01-01", "2025-03-31", placement_id=OTHER, planned_hours=60)
    read_set.add("person", PERSON, *told, second)
    columns = "since, until, about_id, structure_id, current"
    assert spans(read_set, BEYOND, "2025-02-01", columns) == [("2025-01-01", "2026-02-09", OTHER, AI, True)]
    fewer = PlacementChanged(placement_id=OTHER, changed_on=day("2025-01-15"), planned_hours=30)
    read_set.add("person", uid("with fewer"), *told, second, fewer)
    assert spans(read_set, BEYOND, "2025-02-01", "person_id, kind") == [(PERSON, BEYOND)]
    assert spans(read_set, BEYOND, "2025-04-01") == []  # released: its last day is past


def test_hours_worked_beyond_the_cap_are_said_by_the_service_alone(read_set: ReadSet) -> None:
    company(read_set)
    read_set.add("person", PERSON, agreed(AI, "2024-02-10", planned_hours=700), worked(AI, "2024-02", 500))
    assert spans(read_set, BEYOND, "2024-06-01") == []


def test_a_derogation_makes_room_for_what_is_planned(read_set: ReadSet) -> None:
    read_set.add("structure", AI, structure_registered("AI", "2015-01-01"), derogation("2024-01-01", "2024-12-31"))
    read_set.add("client", CLIENT, client("company", "2020-01-01"))
    read_set.add("person", PERSON, agreed(AI, "2024-02-10", planned_hours=700))
    assert spans(read_set, BEYOND, "2024-06-01") == []
    assert spans(read_set, BEYOND, "2025-01-01") == [("2024-02-10", "2026-02-09")]


# Structures and groups


def test_what_a_structure_s_own_facts_say_is_about_the_structure(read_set: ReadSet) -> None:
    aci(read_set, annex("2023-01-01", "2023-12-31", 10))
    told = spans(read_set, "annex_ended", "2024-01-01", "subject, person_id, structure_id, since, structure_kind")
    assert told == [(f"structure/{ACI}", None, ACI, "2024-01-01", "ACI")]
    assert spans(read_set, "annex_ended", "2023-12-31") == []


def test_a_group_sees_the_alerts_of_those_that_are_members_that_day(read_set: ReadSet) -> None:
    read_set.known_structures(ACI, EI)
    joined = (
        membership_started(ACI, "2024-03-01"),
        membership_ended(ACI, "2024-04-30"),
        membership_started(AI, "2024-01-01"),
    )
    read_set.add("group", GROUP, *joined)
    read_set.add("person", PERSON, hired(C1, ACI, "2024-01-01", "2024-12-31"))
    read_set.add("person", uid("another"), hired(C2, EI, "2024-01-01", "2024-12-31"))
    shown = ("group_alerts", "group_id, about_id", "kind = 'hired_without_agrement'")
    assert read(read_set, "2024-02-29", *shown) == []
    assert read(read_set, "2024-03-01", *shown) == [(GROUP, C1)]
    assert read(read_set, "2024-04-30", *shown) == [(GROUP, C1)]
    assert read(read_set, "2024-05-01", *shown) == []


def test_a_structure_known_late_counts_from_its_first_kind(read_set: ReadSet) -> None:
    read_set.add(
        "structure", ACI, structure_registered("ACI", "2024-06-01"), structure_changed("2025-01-01", kind="GEIQ")
    )
    for place, (contract, starts_on) in enumerate(((C1, "2024-01-01"), (C2, "2024-12-31"), (C3, "2025-01-01"))):
        read_set.add("person", uid(f"person {place}"), hired(contract, ACI, starts_on, starts_on))
    told = spans(read_set, "hired_without_agrement", columns="about_id, since")
    assert {one[0] for one in told} == {C1, C2}


# One row for each thing


def test_key_names_one_alert_whatever_happened(engine: Engine) -> None:
    lives = st.tuples(*(histories(kind) for kind in ("person", "person", "structure", "structure", "client", "group")))
    subjects = [f"person/{PERSON}", f"person/{uid('other')}", f"structure/{ACI}", f"structure/{AI}",
                f"client/{CLIENT}", f"group/{GROUP}"]  # fmt: skip
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    with engine.connect() as connection:
        filled = ReadSet(connection)

        @settings(max_examples=60, deadline=None, suppress_health_check=slow)
        @given(lives, st.dates(date(2024, 1, 1), date(2026, 6, 30)))
        def check(lived: tuple[list[Recorded], ...], on: date) -> None:
            with connection.begin_nested() as savepoint:
                for subject, facts in zip(subjects, lived, strict=True):
                    known = [recorded(structure_registered("ACI", "2024-01-01"))] if "structure" in subject else []
                    add(filled, subject, [*known, *facts])
                see(connection, on)
                keys = [tuple(row) for row in filled.read("alerts", ", ".join(KEY))]
                assert len(set(keys)) == len(keys)
                assert all(part is not None for key in keys for part in key)
                savepoint.rollback()

        check()
        connection.rollback()
