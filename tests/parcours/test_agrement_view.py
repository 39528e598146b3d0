"""What is drawn of a person's right, from what the services answer."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

from rich.console import Console

from parcours.client.checked_events import Checked, sentences
from parcours.client.event_files import item
from parcours.terminal.agrement_view import draw
from parcours.terminal.timeline import draw as draw_timeline
from services.agrement.facts import Suspended
from services.agrement.model.told_view import current, told_view
from services.agrement.refusals.suspensions import AgrementNotInProgressError
from tests.services.agrement.persons import Person, closing, prolongation, suspension
from tests.services.scenario import uid


def drawn(person: Person, on: str, width: int = 200) -> str:
    output = io.StringIO()
    draw(person.view(on), Console(file=output, width=width, markup=False, highlight=False))
    return " ".join(output.getvalue().split())


def lived() -> Person:
    return (
        Person()
        .hired("A", "2024-01-01")
        .granted("2024-01-01", "2025-12-30", number="XXXXX0000001", origin="pe_approval")
        .given(suspension("2024-06-01", "2024-08-30"))
    )


def test_a_suspended_right_has_both_ends_and_says_a_hire_is_possible() -> None:
    text = drawn(lived(), "2024-07-01")
    assert "Agrément (PASS IAE) XXXXX 00 00001 : suspendu" in text
    assert "fin si le travail reprend aujourd'hui : 28/01/2026" in text
    assert "fin si la suspension va à son terme : 30/03/2026" in text
    assert "peut être embauchée" in text
    assert "01/06/2024 – 30/08/2024 contrat de travail suspendu depuis plus de 15 jours, + 90 jours" in text


def test_what_is_left_is_said_in_words_from_seven_days() -> None:
    person = Person().granted("2021-03-25", "2023-03-24")
    assert "reste 123 jours (4 mois)" in drawn(person, "2022-11-22")
    assert "reste 7 jours (1 semaine)" in drawn(person, "2023-03-18")
    assert "reste 6 jours" in drawn(person, "2023-03-19")
    assert "reste 6 jours (" not in drawn(person, "2023-03-19")
    assert "reste" not in drawn(person, "2023-04-01")


def test_what_may_be_declared_and_where_the_end_comes_from() -> None:
    text = drawn(lived().given(prolongation("2026-03-30", "2026-04-30", declared_on="2026-03-01")), "2026-03-01")
    assert "une suspension qui commence du 01/03/2025 au 01/03/2026, jusqu'au 28/02/2029 au plus tard" in text
    assert "une prolongation : demande du" in text
    assert "qualité de travailleur handicapé (RQTH) : jusqu'au" in text
    assert "avec l'avis d'un prescripteur habilité" in text
    assert "30/03/2026 → 30/04/2026 fin d'une formation, + 31 jours" in text
    assert "+ 730 jours durée accordée (R5132-1-2)" in text
    assert "+ 90 jours suspension (R5132-1-3)" in text
    assert "+ 31 jours prolongation (R5132-1-8)" in text


def test_a_closed_right_says_by_how_much_and_its_carence() -> None:
    text = drawn(lived().given(closing("2025-02-01")), "2025-03-01")
    assert ": terminé" in text
    assert "− 422 jours clôture avant le terme" in text
    assert "Délai de carence du 02/02/2025 au 01/02/2027" in text


def test_nobody_s_right_is_no_error() -> None:
    output = io.StringIO()
    draw({"person_id": "x", "on": "2024-01-01", "carence": None, "agrements": []}, Console(file=output))
    assert "Aucun agrément (PASS IAE) connu" in output.getvalue()


def test_a_refusal_is_said_in_french_with_what_would_be_allowed() -> None:
    person = Person().hired("A", "2024-01-01").granted("2024-01-01", "2025-12-30")
    refused: Suspended = suspension("2026-02-01", "2026-03-01")
    found = [one.problem() for one in person.refusals(refused) if isinstance(one, AgrementNotInProgressError)]
    assert list(sentences(found[0])) == [
        "Seul un agrément (PASS IAE) en cours le jour de la déclaration peut être suspendu (agrement_not_in_progress) [R5132-1-3]",
        "Il court du 1er janvier 2024 au 30 décembre 2025 ; jour de la déclaration : 1er février 2026.",
    ]


def test_what_is_malformed_names_each_fault() -> None:
    problem = {"code": "malformed", "title": "t", "title_fr": "tf", "errors": [{"pointer": "/data", "message": "m"}]}
    assert list(sentences(problem)) == ["tf (malformed)", "/data m"]
    told = Checked(item(3, b"{}"), "unchecked").json()
    assert (told["number"], told["verdict"]) == (3, "unchecked")


def test_the_timeline_shows_each_right_with_its_end_and_what_moves_it() -> None:
    periods = [
        {"agrement_id": "a", "kind": "suspension", "starts_on": "2024-06-01", "ends_on": "2024-08-30", "pushes_days": 90},
        {"agrement_id": "a", "kind": "prolongation", "starts_on": "2026-03-30", "ends_on": "2026-04-30", "pushes_days": 31},
        {"agrement_id": "b", "kind": "suspension", "starts_on": "2014-06-01", "ends_on": "2014-08-30", "pushes_days": 1},
    ]  # fmt: skip
    right = {"agrement_id": "a", "number": "XXXXX0000001", "starts_on": "2024-01-01", "ends_on": "2026-04-30"}
    told = {
        "person_id": str(uid("person")),
        "agrements": [
            {**right, "closed_on": None, "cancelled_on": None},
            {**right, "agrement_id": "c", "number": None, "closed_on": None, "cancelled_on": "2024-02-01"},
            {**right, "agrement_id": "d", "closed_on": "2026-04-30", "cancelled_on": None},
        ],
        "agrement_periods": periods,
    }
    output = io.StringIO()
    draw_timeline(told, {}, date(2024, 6, 30), Console(file=output, width=200, markup=False))
    text = " ".join(output.getvalue().split())
    assert (
        "Agréments (PASS IAE) XXXXX 00 00001 du 01/01/2024 au 30/04/2026"
        " suspendu du 01/06/2024 au 30/08/2024, + 90 jours prolongé du 30/03/2026 au 30/04/2026, + 31 jours"
        " du 01/01/2024 au 30/04/2026, annulé le 01/02/2024"
        " XXXXX 00 00001 du 01/01/2024 au 30/04/2026, clos avant son terme"
    ) in text


def as_told(person: Person, on: date) -> dict[str, Any]:
    return told_view(person.settled, (), on, current(person.settled, on))


def test_what_only_others_said_is_left_out() -> None:
    """As a structure reads it that has to do with the person, and of which nobody asked anything."""
    output = io.StringIO()
    draw(as_told(lived(), date(2024, 7, 1)), Console(file=output, width=200, markup=False, highlight=False))
    text = " ".join(output.getvalue().split())
    assert "fin si la suspension va à son terme : 30/03/2026" in text
    assert "si le travail reprend" not in text
    assert "contrat de travail suspendu" not in text
    moved = lived().given(prolongation("2026-03-30", "2026-04-30", declared_on="2026-03-01"))
    draw(as_told(moved, date(2026, 3, 1)), Console(file=output, width=200, markup=False, highlight=False))
    assert "dépendent de ce que d'autres structures ont déclaré" in " ".join(output.getvalue().split())
