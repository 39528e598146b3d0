"""What holds for any history: ends add up, nothing is lost by taking back, and no event makes a decision fail."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any, get_args

from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.agrement import facts
from services.agrement.effects.notices import notices
from services.agrement.facts import OWN_SOURCE, grants, prolongations, suspensions
from services.agrement.model.durations_in_words import estimate, estimate_fr
from services.agrement.model.known import known_by
from services.agrement.model.person_file import Counting
from services.agrement.model.states import ends_on_if_resumed, remaining_days, state
from services.pathways.facts.welcome import SenderKind
from shared.facts.codes import members
from shared.facts.days import span_days
from shared.facts.fact import FIRST_DAY, LAST_DAY, Fact
from tests.services.agrement.persons import Person, cancellation, change, prolongation, removal, suspension
from tests.services.scenario import day, uid

COUNTINGS: st.SearchStrategy[Counting] = st.sampled_from(get_args(Counting))
START = day("2024-09-01")


def at(offset: int) -> str:
    return str(START + timedelta(days=offset))


def working(counting: Counting) -> Person:
    return Person(counting).hired("A", at(0)).granted(at(0))


# Ends


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["suspend", "change", "back", "remove", "prolong"]),
        st.integers(0, 1200),
        st.integers(0, 90),
        st.integers(0, 120),
    ),
    max_size=12,
)


def attempted(person: Person, number: int, step: tuple[str, int, int, int]) -> Fact:
    kind, offset, back, length = step
    last = max((one.suspension_id for one in person.agrement().suspensions), default=None, key=str)
    name = next((f"S{n}" for n in range(number) if uid(f"S{n}") == last), "none")
    if kind == "suspend":
        return suspension(at(offset - back), at(offset - back + length), f"S{number}", declared_on=at(offset))
    if kind == "change":
        return change(at(offset), name, ends_on=at(offset + length))
    if kind == "back":
        return change(at(offset), name, back_on=at(offset + length))
    if kind == "remove":
        return removal(at(offset), name)
    end = person.agrement().ends_on
    return prolongation(str(end), str(end + timedelta(days=length)), f"L{number}", declared_on=at(offset))


def modelled(person: Person) -> date:
    """The end, counted the plain way: the base, the days of what stands in the view."""
    (view,) = person.view("2150-01-01")["agrements"]  # once all of it has been declared
    days = [span_days(day(one["starts_on"]), day(one["ends_on"])) for one in view["suspensions"]]
    lost = len(days) if person.counting == "reference" else 0
    more = sum((day(one["ends_on"]) - day(one["starts_on"])).days for one in view["prolongations"])
    return START + timedelta(days=729 + sum(days) - lost + more)


@settings(max_examples=200)
@given(COUNTINGS, STEPS)
def test_the_end_is_the_base_end_and_what_was_allowed_in_any_sequence(counting: Counting, steps: Any) -> None:
    person = working(counting)
    for number, step in enumerate(steps):
        fact = attempted(person, number, step)
        before = person.agrement()
        if person.allows(fact):
            person.does(fact)
        else:
            assert person.agrement() == before
        agrement = person.agrement()
        assert agrement.ends_on == modelled(person)
        assert agrement.ends_on > agrement.starts_on
        running = list(agrement.standing_suspensions())
        assert all(one.ends_on < following.starts_on for one, following in pairwise(running))


@given(COUNTINGS, st.integers(0, 700), st.integers(0, 300))
def test_add_then_remove_is_the_identity(counting: Counting, offset: int, length: int) -> None:
    person = working(counting)
    before = person.ends_on()
    person.does(suspension(at(offset), at(offset + length))).does(removal(at(offset)))
    assert person.ends_on() == before


@given(st.integers(0, 600), st.integers(0, 60), st.integers(0, 60))
def test_a_split_suspension_loses_a_day_unless_counted_exactly(offset: int, first: int, second: int) -> None:
    parts = (
        suspension(at(offset), at(offset + first)),
        suspension(at(offset + first + 1), at(offset + first + 1 + second), "S2"),
    )
    whole = suspension(at(offset), at(offset + first + 1 + second))
    for counting, lost in (("reference", 1), ("day_exact", 0)):
        split, one = working(counting), working(counting).does(whole)  # type: ignore[arg-type]
        for part in parts:
            split.does(part)
        assert (one.agrement().ends_on - split.agrement().ends_on).days == lost


@given(COUNTINGS, STEPS, st.integers(-400, 2000))
def test_every_day_has_one_of_four_states_and_what_is_left_never_grows(
    counting: Counting, steps: Any, offset: int
) -> None:
    person = working(counting)
    for number, step in enumerate(steps):
        fact = attempted(person, number, step)
        if person.allows(fact):
            person.does(fact)
    agrement, on = person.agrement(), day(at(offset))
    found = state(agrement, on)
    assert found in ("valid", "suspended", "future", "expired")
    assert (found == "expired") == (on > agrement.ends_on)
    left, next_day = remaining_days(agrement, on), remaining_days(agrement, on + timedelta(days=1))
    assert left - next_day == (1 if found == "valid" else 0)
    assert left >= 0
    assert ends_on_if_resumed(agrement, on) <= agrement.ends_on


@given(st.integers(0, 4000), st.dates(day("2000-01-01"), day("2100-01-01")))
def test_an_estimate_has_one_or_two_units_in_both_languages(days: int, on: date) -> None:
    for said in (estimate(days, on).split(), estimate_fr(days, on).split()):
        assert len(said) in (2, 4)
        assert all(int(amount) > 0 or days == 0 for amount in said[::2])


def test_an_estimate_in_french() -> None:
    assert estimate_fr(730, day("2026-03-01")) == "1 an 11 mois"
    assert [estimate_fr(days, day("2026-03-01")) for days in (15, 1, 0)] == ["2 semaines 1 jour", "1 jour", "0 jour"]


# Any event on any history


DAYS = st.one_of(
    st.dates(day("2021-06-01"), day("2028-12-31")), st.sampled_from([FIRST_DAY, LAST_DAY, LAST_DAY - timedelta(days=1)])
)
MAYBE_DAY = st.none() | DAYS


def ids(*names: str) -> st.SearchStrategy[Any]:
    return st.sampled_from([uid(name) for name in names])


AGREMENTS, STRUCTURES = ids("P", "Q"), ids("A", "B", "EI", "GEIQ", "not known")
REASONS = st.none() | st.sampled_from(members(suspensions.SuspensionReason))
GROUNDS = st.none() | st.sampled_from(members(prolongations.ProlongationReason))
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "agrement_id": AGREMENTS,
    "structure_id": STRUCTURES,
    "suspension_id": ids("S", "S2"),
    "prolongation_id": ids("L", "L2"),
    "request_id": ids("R"),
    "diagnosis_id": ids("D"),
    "contract_id": ids("c"),
    "prescriber_id": ids("FT"),
    "origin": st.sampled_from(members(grants.Origin)),
    "author_kind": st.sampled_from(["employer"]),
    "structure_kind": st.sampled_from(["ACI", "EI"]),
    "cause": st.just("asked"),
    "authorised": st.booleans(),
    "deny_reason": st.sampled_from(members(prolongations.DenyReason)),
    "number": st.none() | st.sampled_from(["XXXXX0000001", "625741810182"]),
    "criteria": st.none() | st.lists(st.sampled_from(members(facts.Criterion)), max_size=3).map(tuple),
    "age": st.none() | st.integers(10, 110),
    "unemployed_months": st.none() | st.integers(0, 40),
    "sender_kind": st.none() | st.sampled_from(members(SenderKind)),
    "days_before": st.just(7),
    "fact_id": st.sampled_from([f"fact-{number}" for number in range(1, 9)]),
    "fact_source": st.just(OWN_SOURCE),
}


def any_of(kind: type[Fact]) -> st.SearchStrategy[Fact]:
    values: dict[str, st.SearchStrategy[Any]] = {}
    for name, field in kind.model_fields.items():
        if name == "reason":
            values[name] = {"suspended": REASONS, "prolongation_requested": GROUNDS, "prolonged": GROUNDS}.get(
                kind.type.split(".")[1], st.just("mistake")
            )
        elif name.endswith("_on"):
            values[name] = DAYS if field.is_required() else MAYBE_DAY
        elif name in FIELDS:
            values[name] = FIELDS[name] if field.is_required() else st.none() | FIELDS[name]
    return st.builds(kind, **values)


ANY_FACT: st.SearchStrategy[Fact] = st.one_of(
    [any_of(kind) for kind in facts.CATALOGUE.facts.values() if kind is not facts.PersonErased]
)
HISTORIES = st.lists(st.tuples(ANY_FACT, st.sampled_from([None, None, "fact-1", "fact-2"])), max_size=9)


def recorded(counting: Counting, history: list[tuple[Fact, str | None]]) -> Person:
    person = Person(counting, next_number=lambda: "XXXXX0000009").granted("2024-09-01")
    for fact, replaces in history:
        person.given(fact, replaces=replaces)
    return person


@settings(max_examples=400)
@given(COUNTINGS, HISTORIES, ANY_FACT, st.sampled_from([None, "fact-1", "fact-2"]))
def test_a_decision_never_fails_and_is_the_same_again(
    counting: Counting, history: list[tuple[Fact, str | None]], fact: Fact, replaces: str | None
) -> None:
    person = recorded(counting, history)
    _, verdict = person.judged(fact, replaces=replaces)
    assert person.judged(fact, replaces=replaces)[1] == verdict
    for refusal in verdict.refusals:
        problem = refusal.problem()
        assert problem["code"] == refusal.code
        assert "{" not in problem.get("detail", "")
    assert not (verdict.refusals and (verdict.effects or verdict.recorded or verdict.claims))


@settings(max_examples=200, deadline=None)
@given(COUNTINGS, HISTORIES, DAYS)
@example("reference", [(cancellation("2199-12-31"), None)], date(2199, 12, 30))
def test_any_history_can_be_shown_on_any_day(
    counting: Counting, history: list[tuple[Fact, str | None]], on: date
) -> None:
    """Of what is shown on the day each agrément has its end to be told; what is cancelled later has none of its own any more."""
    person = recorded(counting, history)
    view = person.view(str(on))
    assert len(notices(known_by(person.settled, on), counting)) >= len(view["agrements"])
    for agrement in view["agrements"]:
        assert agrement["state"] in ("valid", "suspended", "future", "expired")
