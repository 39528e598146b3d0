"""Who lives what: for each invented person a profile and the stays, drawn from decks that hold the quotas.

Shares of people, of structures' kinds, of exits and of moves follow the federation's and the country's published
figures (2008 and 2022); who moves where is made up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from parcours.demo.bodies import BODIES, Body
from parcours.demo.journal import LAST_DAY, OPENS_ON, SEED, Journal, an_id, between, days, deck, one_of, working_day

HIRED, NOT_HIRED = 262, 42
STOCK = 62
"""Persons who are there from the first weeks on; the others come over the three years."""

ENTRIES: dict[tuple[str, ...], int] = {
    ("jardins",): 47,
    ("coup-de-main",): 60,
    ("interim",): 17,
    ("atelier",): 16,
    ("a-domicile",): 6,
    ("chantier",): 7,
    ("entraide",): 9,
    ("geiq",): 3,
    ("jardins", "coup-de-main"): 14,
    ("jardins", "coup-de-main", "interim"): 8,
    ("jardins", "interim"): 8,
    ("jardins", "atelier"): 5,
    ("jardins", "coup-de-main", "atelier"): 2,
    ("jardins", "+coup-de-main"): 4,
    ("coup-de-main", "interim"): 12,
    ("coup-de-main", "atelier"): 5,
    ("coup-de-main", "a-domicile"): 6,
    ("coup-de-main", "interim", "a-domicile"): 1,
    ("coup-de-main", "jardins"): 5,
    ("coup-de-main", "coup-de-main"): 6,
    ("coup-de-main", "menuiserie"): 2,
    ("interim", "coup-de-main"): 2,
    ("interim", "jardins"): 1,
    ("interim", "geiq"): 2,
    ("atelier", "interim"): 3,
    ("chantier", "coup-de-main"): 5,
    ("entraide", "interim"): 3,
    ("entraide", "coup-de-main"): 3,
}
"""Structures in order, and how many persons live that; `+`: beside the one before."""

STAYS = {
    "ACI": (60, 640, 180),
    "AI": (20, 560, 110),
    "EI": (60, 400, 110),
    "ETTI": (25, 480, 130),
    "OASP": (240, 1000, 800),
    "GEIQ": (180, 500, 365),
    "COMPANY": (200, 900, 700),
}
"""Days in a structure of this kind: least, most, most usual."""

FINAL_REASONS = {
    "8": 34, "7": 19, "6": 3, "3": 13, "9": 11, "5": 9, "10": 3, "13": 1, "14": 1, "4": 1, "1": 1, "12": 1,
    "21": 1, "22": 1, "16": 1, "18": 1, "19": 1,
}  # fmt: skip
MOVE_REASONS = {"2": 38, "7": 22, "8": 26, "5": 6, "10": 8}
"""Why one leaves a structure before another one of the demonstration: half the time it is not told as such."""

STAYED_ON = (34, 62)
"""Persons at the ACI who are there longer than two years: one for the age, one though nobody said why."""

GAPS = {"2": (1, 21), "7": (20, 110), "8": (25, 120), "5": (60, 150), "10": (60, 160), "3": (0, 3)}


@dataclass(slots=True)
class Stage:
    """One stay. `ends_on` None: still there on the last day. `reason` None: nothing said on leaving."""

    body: Body
    starts_on: date
    ends_on: date | None
    reason: str | None = None
    next: Stage | None = None

    @property
    def last_day(self) -> date:
        """For what is counted: the end, else the last day of the demonstration."""
        return min(self.ends_on or LAST_DAY, LAST_DAY)


@dataclass(slots=True)
class Person:
    number: int
    rng: Random
    journal: Journal
    birth_year: int
    sex: str
    benefit: str | None
    unemployed_months: int | None
    education: str
    is_disabled: bool
    is_rural: bool
    is_in_qpv: bool
    stages: list[Stage] = field(default_factory=list)

    @property
    def id(self) -> str:
        return person_id(self.number)

    def age_on(self, day: date) -> int:
        """Born on the first of July."""
        return day.year - self.birth_year - (day < date(day.year, 7, 1))

    def an_id(self, *path: object) -> str:
        return an_id("person", self.number, *path)


def person_id(number: int) -> str:
    return an_id("person", number)


SHOWCASE = 1
SHOWCASE_PERSON = person_id(SHOWCASE)
"""The pathway to look at first: ACI, then AI, then ETTI, then a permanent contract."""

LENT_PERSON = person_id(161)
"""On the last day lent to a company, with hours worked, planned and left."""


def persons() -> list[Person]:
    """Everybody: first those with stays, then those who were only welcomed."""
    rng = Random(f"{SEED}/lives")
    everybody = list(_people(rng))
    hired = everybody[:HIRED]
    _make_showcase(hired[0])
    patterns = deck(rng, ENTRIES, HIRED - 1)
    moves: list[str] = []
    for place, (person, pattern) in enumerate(zip(hired[1:], patterns, strict=True)):
        if not moves:
            moves = deck(rng, MOVE_REASONS, 50)
        person.stages = _stages(person.rng, pattern, _first_day(rng, place, len(pattern)), moves)
    _leave_for_good(rng, hired[1:])
    for person in everybody:
        if person.number in STAYED_ON:
            person.stages[0].ends_on = person.stages[0].reason = None
    return everybody


def _people(rng: Random) -> Iterator[Person]:
    size = HIRED + NOT_HIRED
    sexes = deck(rng, {"F": 62, "M": 38}, size)
    ages = deck(rng, {(18, 25): 21, (26, 45): 54, (46, 61): 25}, size)
    benefits = deck(rng, {"RSA": 22, "ASS": 7, "AAH": 5, None: 66}, size)
    unemployed = deck(rng, {None: 22, (25, 60): 34, (12, 24): 20, (0, 11): 24}, size)
    levels = deck(rng, {"1": 18, "3": 42, "4": 26, "5": 9, "6": 5}, size)
    disabled = deck(rng, {True: 12, False: 88}, size)
    for place in range(size):
        number = place + 1
        dice = Random(f"{SEED}/person/{number}")
        months = unemployed[place]
        yield Person(
            number,
            dice,
            Journal(f"person/{person_id(number)}", f"p{number:03}", dice, OPENS_ON),
            birth_year=2024 - dice.randint(*ages[place]),
            sex=sexes[place],
            benefit=benefits[place],
            unemployed_months=None if months is None else dice.randint(*months),
            education=levels[place],
            is_disabled=disabled[place],
            is_rural=dice.random() < 0.45,
            is_in_qpv=dice.random() < 0.12,
        )


def _make_showcase(person: Person) -> None:
    person.sex, person.birth_year, person.benefit = "F", 1987, "RSA"
    person.unemployed_months, person.education = 26, "3"
    person.is_disabled = person.is_in_qpv = False
    last = Stage(BODIES["interim"], date(2024, 8, 26), date(2025, 4, 30), "3")
    second = Stage(BODIES["coup-de-main"], date(2023, 11, 13), date(2024, 8, 14), "2", last)
    first = Stage(BODIES["jardins"], date(2023, 2, 6), date(2023, 10, 31), "2", second)
    person.stages = [first, second, last]


def _first_day(rng: Random, place: int, stays: int) -> date:
    """Longer stories begin earlier, or they would not be told to their end."""
    if place < STOCK:
        return working_day(between(rng, date(2023, 1, 3), date(2023, 2, 10)))
    first = date(2023, 7, 3) if stays == 1 else date(2023, 2, 13)
    return working_day(between(rng, first, date(2025, 12, 5) - timedelta(days=300 * (stays - 1))))


def _stages(rng: Random, pattern: tuple[str, ...], starts_on: date, moves: list[str]) -> list[Stage]:
    stages: list[Stage] = []
    for key in pattern:
        body = BODIES[key.removeprefix("+")]
        if stages:
            starts_on = _following(rng, stages[-1], key, body, moves)
        if starts_on > LAST_DAY:
            stages[-1].reason = None
            break
        ends_on = starts_on + days(rng.triangular(*STAYS[body.kind]))
        stages.append(Stage(body, starts_on, ends_on if ends_on <= LAST_DAY else None))
        if len(stages) > 1 and stages[-2].reason in ("2", "3"):
            stages[-2].next = stages[-1]
        if stages[-1].ends_on is None:
            break
    return stages


def _following(rng: Random, before: Stage, key: str, body: Body, moves: list[str]) -> date:
    """The first day of the next stay; says why the one before was left."""
    if before.ends_on is None:
        return LAST_DAY + timedelta(days=1)
    if key.startswith("+"):
        return working_day(before.starts_on + (before.ends_on - before.starts_on) // 2)
    if body.kind in ("OASP", "COMPANY"):
        before.reason = "3"
    else:
        before.reason = moves.pop() if moves else one_of(rng, MOVE_REASONS)
    if body is before.body and before.reason == "2":
        before.reason = "7"
    low, high = GAPS[before.reason]
    return working_day(before.ends_on + timedelta(days=rng.randint(max(low, 1), high) + 31 * (body is before.body)))


def _leave_for_good(rng: Random, people: list[Person]) -> None:
    """Reasons for whoever left and is not told of again, from one deck, so that their shares hold."""
    leaving = [stage for person in people for stage in person.stages if stage.ends_on and stage.reason is None]
    for stage, reason in zip(leaving, deck(rng, FINAL_REASONS, len(leaving)), strict=True):
        stage.reason = reason
