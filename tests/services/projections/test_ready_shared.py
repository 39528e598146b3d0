"""Who is ready in a group, by a member's token: its own people, and of others those who were told, each under one pseudonym.

The judge says it a second time, slowly: of the rows that somebody gets who sees everything it keeps those that are shared, and
counts what members that share said. Who shares with whom it asks of the sentences of `test_shared_lives.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from services.agrement.facts import AgrementGranted
from services.pathways.facts import Hired, ProcessingLimited, SkillValidated, TrainingEnded, TrainingStarted
from shared.facts.fact import Recorded
from tests.services.projections.facts import ACI, AI, GROUP, recorded
from tests.services.projections.seeing import TODAY, Suite, running_suite
from tests.services.projections.test_own_lists import BY, bodies
from tests.services.projections.test_shared_lives import (
    ALL_AGREE,
    DEEDS,
    TOLD,
    Deed,
    X,
    agree,
    holding,
    objects,
    said_of,
)
from tests.services.projections.test_shared_lives import Y as OTHER_AGREEMENT
from tests.services.scenario import like, uid

PERSONS = [uid(f"candidate {number}") for number in range(4)]
PATH = f"/groups/{GROUP}/ready"
Row = dict[str, Any]


@pytest.fixture(scope="module")
def suite(postgres_server: str) -> Iterator[Suite]:
    with running_suite(postgres_server) as one:
        yield one


# What is drawn


@dataclass(frozen=True)
class Hire:
    by: UUID
    starts_on: date
    days: int | None


@dataclass(frozen=True)
class Learned:
    """`what`: a training that was finished or dropped, or a skill."""

    by: UUID
    what: str
    on: date


LONG_AGO = st.dates(date(2023, 1, 1), date(2024, 7, 20))
HIRES = st.lists(
    st.builds(Hire, st.sampled_from(BY), LONG_AGO, st.sampled_from([None, None, 400, 200, 30])), min_size=1, max_size=3
)
LEARNED = st.lists(
    st.builds(Learned, st.sampled_from(BY), st.sampled_from(["qualified", "dropped", "hedge", "wall"]), LONG_AGO),
    max_size=4,
)


@dataclass(frozen=True)
class Life:
    hires: list[Hire]
    learned: list[Learned]
    granted_on: date | None
    is_limited: bool
    deeds: list[Deed]


LIFE = st.builds(
    Life,
    hires=HIRES,
    learned=LEARNED,
    granted_on=st.none() | st.dates(date(2022, 6, 1), date(2024, 6, 1)),
    is_limited=st.sampled_from([False] * 5 + [True]),
    deeds=st.sampled_from([[TOLD], [TOLD], []]).flatmap(lambda first: DEEDS.map(lambda more: [*first, *more])),
)
EVERYBODY_AGREES = [*ALL_AGREE, Deed("agree", BY[2], date(2024, 6, 3), X, False, "pathway")]
AGREED = st.sampled_from([EVERYBODY_AGREES, EVERYBODY_AGREES, ALL_AGREE, []]).flatmap(
    lambda first: DEEDS.map(lambda more: [*first, *more])
)
OF_GROUP = ("agree", "withdraw", "leave")


def told_of(person: UUID, life: Life) -> list[Recorded]:
    facts: list[tuple[UUID, Any]] = []
    for number, hire in enumerate(life.hires):
        ends_on = None if hire.days is None else str(hire.starts_on + timedelta(days=hire.days))
        contract = {"contract_id": str(uid(f"{person} {number}")), "contract_type": "CDDI", "renews_contract_id": None}
        around = {"structure_id": str(hire.by), "starts_on": str(hire.starts_on), "ends_on": ends_on}
        facts.append((hire.by, like(Hired, **contract, **around)))
    for number, learned in enumerate(life.learned):
        structure, on, training = str(learned.by), str(learned.on), str(uid(f"{person} learned {number}"))
        if learned.what in ("qualified", "dropped"):
            began = {"training_id": training, "structure_id": structure, "started_on": on, "contract_id": None}
            facts.append((learned.by, like(TrainingStarted, **began)))
            facts.append((learned.by, like(TrainingEnded, training_id=training, ended_on=on, result=learned.what)))
        else:
            skill = like(SkillValidated, structure_id=structure, skill_code=learned.what, validated_on=on)
            facts.append((learned.by, skill))
    if life.granted_on is not None:
        granted = {"agrement_id": str(uid(f"agrement of {person}")), "starts_on": str(life.granted_on)}
        fact = like(
            AgrementGranted, structure_id=str(ACI), granted_on=str(life.granted_on), contract_id=None, **granted
        )
        facts.append((ACI, fact))
    told = [
        recorded(fact, id=f"{person} {number}", subject=person).model_copy(update={"saidfor": f"structure/{by}"})
        for number, (by, fact) in enumerate(facts)
    ]
    if life.is_limited:
        limited = recorded(ProcessingLimited(limited_on=date(2024, 6, 20)), id=f"{person} limited", subject=person)
        told.append(limited.model_copy(update={"saidfor": "role/data_steward"}))
    return told


def deeds_of(person: UUID, place: int, deeds: list[Deed]) -> list[Recorded]:
    """What is said about sharing of the person, recorded after the agreements of the group or among them."""
    told = [said_of(place + 3 * number, deed) for number, deed in enumerate(deeds) if deed.kind not in OF_GROUP]
    return [fact.model_copy(update={"subject": f"person/{person}", "id": f"{person} {fact.id}"}) for fact in told]


# What each is to see


def profiles(deeds: list[Recorded], by: UUID) -> dict[UUID, bool]:
    """Of a person, which other structures share with this one, and whether trainings too: no relation is asked."""
    found: dict[UUID, bool] = {}
    for agreement in (X, OTHER_AGREEMENT):
        for other in BY:
            for mine in holding(deeds, by, agreement) if other != by else ():
                for theirs in holding(deeds, other, agreement):
                    if agree(deeds, mine, theirs) and not objects(deeds, agreement):
                        found[other] = found.get(other, False) or theirs.data.profile == "pathway"  # type: ignore[attr-defined]
    return found


NOT_TOLD = ("contract_id", "agrement_id", "handover_id", "handover_to_structure_id", "handover_state")


def shared_row(suite: Suite, row: Row, step: int, shares: dict[UUID, bool], criteria: dict[str, int | None]) -> Row:
    asked = {"person_id": row["person_id"]}

    def said(table: str, *, by_pathway: bool) -> list[Row]:
        rows = suite.everything(f"/tables/{table}", **asked)
        by = {str(one) for one, is_pathway in shares.items() if is_pathway or not by_pathway}
        return [one for one in rows if one["structure_id"] in by]

    begun = min(one["starts_on"] for one in said("steps", by_pathway=False) if one["starts_on"])
    trainings = [
        one
        for one in said("trainings", by_pathway=True)
        if one["result"] in ("completed", "qualified") and begun <= one["ended_on"] <= str(TODAY)
    ]
    skills = {
        one["skill_code"] for one in said("skills", by_pathway=False) if begun <= one["validated_on"] <= str(TODAY)
    }
    counted = {"trainings_finished": len(trainings), "skills": len(skills)}
    seen = {**row, **dict.fromkeys(NOT_TOLD), **counted, "step": step, "pathway": 1}
    met: dict[str, tuple[Any, Callable[[Any, Any], bool]]] = {
        "agrement_days_left_min": (seen["agrement_days_left"], lambda one, least: one >= least),
        "contract_days_left_max": (seen["contract_days_left"], lambda one, most: one <= most),
        "trainings_finished_min": (seen["trainings_finished"], lambda one, least: one >= least),
        "stage_max": (seen["stage"], lambda one, most: one <= most),
    }
    unmet = [
        name
        for name, (value, suffices) in met.items()
        if criteria[name] is not None and (value is None or not suffices(value, criteria[name]))
    ]
    return {**seen, "ready": not unmet, "unmet": unmet}


def of_others(suite: Suite, whole: list[Row], deeds: dict[UUID, list[Recorded]], by: UUID) -> dict[str, list[Row]]:
    """By person, the rows that the caller is to see of what others share, under the person's own id."""
    criteria = suite.get(PATH, own=by, on=TODAY).json()["criteria"]
    found: dict[str, list[Row]] = {}
    for person, rows in groupby(whole, key=lambda row: row["person_id"]):
        shares = profiles(deeds[UUID(person)], by)
        shown = [row for row in rows if UUID(row["structure_id"]) in shares]
        if shown:
            found[person] = [shared_row(suite, row, number, shares, criteria) for number, row in enumerate(shown, 1)]
    return found


def judge(suite: Suite, deeds: dict[UUID, list[Recorded]], by: UUID, pseudonyms: dict[str, str]) -> int:
    """`pseudonyms`: by person, those that were met. Return how many rows of others are shown."""
    whole = suite.everything(PATH, on=TODAY)
    shown = suite.items(PATH, own=by, on=TODAY)
    assert [(row["person_id"], row["step"]) for row in shown] == sorted(
        (row["person_id"], row["step"]) for row in shown
    )
    own = [row for row in shown if row["structure_id"] == str(by)]
    assert sorted((row["person_id"], row["contract_id"]) for row in own) == sorted(
        (row["person_id"], row["contract_id"]) for row in whole if row["structure_id"] == str(by)
    )
    # Who is who tells the pseudonym alone: rows without it are compared as they stand.
    others = [row for row in shown if row["structure_id"] != str(by)]
    by_pseudonym: dict[str, list[Row]] = {}
    for row in others:
        by_pseudonym.setdefault(row["person_id"], []).append({**row, "person_id": None})
    expected = of_others(suite, whole, deeds, by)
    nameless = {person: [{**row, "person_id": None} for row in rows] for person, rows in expected.items()}
    assert sorted(map(repr, by_pseudonym.values())) == sorted(map(repr, nameless.values()))
    assert not {row["person_id"] for row in others} & set(map(str, PERSONS))
    for person, rows in nameless.items():
        same = [pseudonym for pseudonym, of_one in by_pseudonym.items() if of_one == rows]
        if len(same) == 1:
            assert pseudonyms.setdefault(person, same[0]) == same[0]
    compare_pages(suite, by, shown)
    return len(others)


def compare_pages(suite: Suite, by: UUID, shown: list[Row]) -> None:
    """Page by page it is the same, and so are those who meet all criteria, or do not, and filters of other columns."""
    found: list[Row] = []
    place: str | None = ""
    while place is not None:
        page = suite.get(PATH, own=by, on=TODAY, limit=1, **({"next": place} if place else {})).json()
        found, place = found + page["items"], page["next"]
    assert found == shown
    for ready in (True, False):
        wanted = [row for row in shown if row["ready"] is ready]
        assert suite.items(PATH, own=by, on=TODAY, ready=ready) == wanted
    for column in ("structure_id", "step", "trainings_finished"):
        for value in {row[column] for row in shown}:
            wanted = [row for row in shown if row[column] == value]
            assert suite.items(PATH, own=by, on=TODAY, **{column: value}) == wanted


@given(lives=st.lists(LIFE, min_size=len(PERSONS), max_size=len(PERSONS)), group=AGREED, seed=st.integers(0, 1_000))
@settings(
    max_examples=12,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
def test_each_member_is_shown_its_own_and_those_who_were_told(
    suite: Suite, lives: list[Life], group: list[Deed], seed: int
) -> None:
    tell_and_judge(suite, lives, group, seed)


def tell_and_judge(suite: Suite, lives: list[Life], group: list[Deed], seed: int) -> int:
    of_group = [said_of(number, deed) for number, deed in enumerate(group) if deed.kind in OF_GROUP]
    of_persons = {
        # Some minutes after the first agreements, so that most are told of them.
        person: deeds_of(person, 5 + place, life.deeds)
        for place, (person, life) in enumerate(zip(PERSONS, lives, strict=True))
    }
    facts = [fact for person, life in zip(PERSONS, lives, strict=True) for fact in told_of(person, life)]
    everything = [*of_group, *facts, *(deed for deeds in of_persons.values() for deed in deeds)]
    Random(seed).shuffle(everything)
    suite.clear()
    suite.tell(*bodies(), *everything)
    deeds = {person: [*of_group, *told] for person, told in of_persons.items()}
    pseudonyms: dict[str, str] = {}
    shown = sum(judge(suite, deeds, by, pseudonyms) for by in BY)
    assert len(set(pseudonyms.values())) == len(pseudonyms)
    return shown


def test_the_judge_sees_what_it_is_to_judge(suite: Suite) -> None:
    """Somebody is shown to others in what it draws, ready and not, and each sentence changes what is to be seen."""
    on = date(2024, 3, 1)
    learned = [Learned(ACI, "qualified", on), Learned(ACI, "hedge", on), Learned(AI, "dropped", on)]
    life = Life([Hire(ACI, date(2024, 1, 15), 200)], learned, date(2024, 1, 10), False, [TOLD])
    lives = [
        life,
        Life([Hire(AI, date(2024, 1, 15), None)], [], None, False, [TOLD]),
        Life([Hire(AI, date(2024, 1, 15), None)], [], None, False, [TOLD, Deed("object", AI, on, X, True, "pathway")]),
        Life([Hire(ACI, date(2024, 1, 15), None)], [], None, True, [TOLD]),
    ]
    # The first is shown to two, the second too; who objects and whose data are limited to nobody.
    assert tell_and_judge(suite, lives, EVERYBODY_AGREES, 1) == 4
    shown = suite.items(PATH, own=AI, on=TODAY)
    assert [row["ready"] for row in shown if row["structure_id"] == str(ACI)] == [True]
    assert tell_and_judge(suite, lives, ALL_AGREE, 1) == 2
    assert tell_and_judge(suite, lives, [], 1) == 0
