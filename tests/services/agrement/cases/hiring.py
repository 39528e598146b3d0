"""Hires: what they reuse, what blocks a new agrément, diagnoses and their criteria."""

from __future__ import annotations

from services.agrement.decisions.eligibility import criteria_met
from services.agrement.effects.hires import derive
from services.agrement.model.hiring import may_be_hired
from services.agrement.model.lengths import expiry
from services.pathways.facts import Hired
from tests.services.agrement.cases.registry import case
from tests.services.agrement.cases.right import LAW, TODAY, answers, codes
from tests.services.agrement.cases.suspending import hires
from tests.services.agrement.persons import Person, grant, kind_on
from tests.services.scenario import day, made, uid


@case(62, "accept with a valid PASS", "same PASS reused, no new number")
def reused() -> str:
    person = Person().granted("2026-01-01")
    found = may_be_hired(person.file, TODAY, "ETTI", "self")
    (link,) = derive(person.settled, hires("2026-08-03"), kind_on)
    assert link.fact.agrement_id == uid("P")  # type: ignore[attr-defined]
    same = found.answer == "reuse" and found.agrement_id == uid("P")
    return "same PASS reused, no new number" if same else found.answer


@case(
    66,
    "in carence: ETTI + nobody / ETTI + orienteur / ETTI + authorised prescriber / GEIQ + nobody / ETTI + valid "
    "prescriber diagnosis / ETTI + valid employer diagnosis",
    "blocked / blocked / free / free / free / blocked",
)
def in_carence() -> str:
    def said(kind: str, sender: str | None, author: str | None = None) -> str:
        person = Person().granted("2024-01-01", "2025-12-30")
        if author is not None:
            person.diagnosed("2026-07-20", author, structure_id="ETTI")
        return "blocked" if may_be_hired(person.file, TODAY, kind, sender).answer == "blocked" else "free"

    return answers(
        said("ETTI", None),
        said("ETTI", "orienteur"),
        said("ETTI", "authorised_prescriber"),
        said("GEIQ", None),
        said("ETTI", None, "authorised_prescriber"),
        said("ETTI", None, "employer"),
    )


@case(
    66,
    "the same, as a grant with a valid diagnosis of that employer: nobody / orienteur / authorised prescriber sent",
    "blocked / blocked / free",
    "refused: in_carence / refused: in_carence / ok",
)
def granted_in_carence() -> str:
    person = Person().granted("2024-01-01", "2025-12-30").diagnosed("2026-07-20", "employer", structure_id="ETTI")
    senders = (None, "orienteur", "authorised_prescriber")
    new = (grant("2026-08-03", name="Q", structure_id="ETTI", sender_kind=sender) for sender in senders)
    return answers(*(codes(person, one) for one in new))


@case(
    74,
    "diagnosis made 2024-12-03 by an employer / a prescriber",
    "expires 2025-03-05 (92 days) / 2025-06-03 (6 months)",
    "expires 2025-03-05 / 2025-06-03",
)
def diagnoses_expire() -> str:
    authors = ("employer", "authorised_prescriber")
    return "expires " + answers(*(expiry(author, day("2024-12-03"), LAW) for author in authors))


@case(
    76,
    "50 today / 50 tomorrow; 26 today / 26 tomorrow",
    "SENIOR / no; no JEUNE / JEUNE",
    "SENIOR / none; none / JEUNE",
)
def by_age() -> str:
    found = [criteria_met(LAW.criteria, age, None) for age in (50, 49, 26, 25)]
    said = [" ".join(one) or "none" for one in found]
    return f"{said[0]} / {said[1]}; {said[2]} / {said[3]}"


@case(77, "registered at FT 24 months or more; 12 to 23", "DETLD only; DELD", "DETLD, DETLD; DELD, DELD; none")
def by_months() -> str:
    found = [" ".join(criteria_met(LAW.criteria, None, months)) or "none" for months in (24, 60, 12, 23, 11)]
    return f"{found[0]}, {found[1]}; {found[2]}, {found[3]}; {found[4]}"


@case(95, "PASS reused for a second employer whose own diagnosis is missing", "accepted")
def reused_without_diagnosis() -> str:
    person = Person().diagnosed("2025-12-20", "employer", structure_id="A").granted("2026-01-01", structure_id="A")
    found = may_be_hired(person.file, TODAY, "AI", "self", structure_id=uid("B"))
    return "accepted" if found.answer == "reuse" and not found.why else found.answer


@case(97, "contract end after PASS end", "accepted")
def a_contract_that_outlasts() -> str:
    person = Person().granted("2024-09-01", "2026-08-31")
    long = made(
        Hired, contract_id="c", structure_id="EI", contract_type="CDDI", starts_on="2026-08-03", ends_on="2027-08-02"
    )
    (link,) = derive(person.settled, [person.envelope(long)], kind_on)
    return "accepted" if link.fact.agrement_id == uid("P") else "no agrément"  # type: ignore[attr-defined]
