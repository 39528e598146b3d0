"""What the service does by itself about hires: any order, late, voided, repeated, it comes to the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.agrement.effects.hires import derive
from services.agrement.facts import OWN_SOURCE, HireLinked, StartMoved, SuspensionLifted
from services.pathways.facts import CATALOGUE, ContractChanged, FactVoided, Hired
from shared.deciding.effect_ids import EffectIds
from shared.facts.fact import Recorded
from shared.facts.settle import order_of_truth, settle
from shared.reacting.effects import Wanted
from tests.services.agrement.persons import Person, grant, kind_on, move, suspension
from tests.services.scenario import day, made, uid

PATHWAYS = order_of_truth(CATALOGUE)


def hire(structure: str, on: str, said: str | None = None, **fields: Any) -> Recorded:
    """`said`: the Paris day of its `time`, the hire's day unless given."""
    contract = fields.pop("contract", f"{structure} {on}")
    fact = made(Hired, contract_id=contract, structure_id=structure, contract_type="CDDI", starts_on=on, **fields)
    return Person().envelope(fact, id=f"hire {contract}", on=said or on)


def hire_moved(contract: str, on: str, said: str) -> Recorded:
    fact = made(ContractChanged, contract_id=contract, changed_on=said, starts_on=on)
    return Person().envelope(fact, id=f"moved {contract} {on}", on=said)


def void_of(fact: Recorded) -> Recorded:
    return Person().envelope(FactVoided(fact_id=fact.id, voided_on=day("2026-08-03"), reason="mistake"), id="void")


def derived(person: Person, *hires: Recorded) -> tuple[Wanted, ...]:
    return derive(person.settled, settle(hires, PATHWAYS), kind_on, person.counting)


def links(wanted: Sequence[Wanted]) -> list[tuple[str, UUID | None]]:
    return [(str(one.fact.starts_on), one.fact.agrement_id) for one in wanted if isinstance(one.fact, HireLinked)]


def lifts(wanted: Sequence[Wanted]) -> list[tuple[str, date | None]]:
    found = (one.fact for one in wanted)
    return [(str(one.lifted_on), one.ends_on) for one in found if isinstance(one, SuspensionLifted)]


def moves(wanted: Sequence[Wanted]) -> list[tuple[str, str]]:
    found = (one.fact for one in wanted)
    return [(str(one.moved_on), str(one.starts_on)) for one in found if isinstance(one, StartMoved)]


def with_effects(person: Person, wanted: Sequence[Wanted]) -> Person:
    """The person's facts with the effects recorded, as the machinery does."""
    ids = EffectIds(person.recorded)
    for one in wanted:
        person.given(
            one.fact,
            id=ids.next(one.cause, one.fact.type),
            source=OWN_SOURCE,
            causationid=one.cause.id,
            on=str(one.cause.time.date()),
        )
    return person


def suspended(**fields: Any) -> Person:
    """Hired by A, suspended by A from June 1 to July 1."""
    return Person().granted("2026-01-01").given(suspension("2026-06-01", "2026-07-01", **fields))


AT_A = hire("A", "2026-01-01")


# Links


def test_a_hire_reuses_the_agrement_of_its_day() -> None:
    person = Person().granted("2024-01-01", "2025-12-30", "old").granted("2026-01-05")
    wanted = derived(person, hire("A", "2025-12-30"), hire("A", "2025-12-31"), hire("A", "2026-01-05"))
    assert links(wanted) == [("2025-12-30", uid("old")), ("2025-12-31", None), ("2026-01-05", uid("P"))]


def test_only_siae_hires_in_a_pathway_are_linked_and_an_unknown_kind_gives_nothing_yet() -> None:
    person = Person().granted("2026-01-01")
    others = (hire("GEIQ", "2026-02-01"), hire("not known", "2026-02-01"), hire("A", "2026-02-01", in_pathway=False))
    assert derived(person, *others) == ()


def test_a_link_carries_what_the_hire_says() -> None:
    (one,) = derived(Person(), hire("ETTI", "2026-02-01"))
    assert one.fact == made(
        HireLinked, contract_id="ETTI 2026-02-01", structure_id="ETTI", structure_kind="ETTI", starts_on="2026-02-01"
    ).model_copy(update={"agrement_id": None})
    assert one.cause.id == "hire ETTI 2026-02-01"


# Lifting


@pytest.mark.parametrize(
    ("on", "lifted"),
    [
        ("2026-05-31", []),
        ("2026-06-01", [("2026-06-01", None)]),
        ("2026-06-02", [("2026-06-02", day("2026-06-01"))]),
        ("2026-07-01", [("2026-07-01", day("2026-06-30"))]),
        ("2026-07-02", []),
    ],
)
def test_a_hire_lifts_the_suspension_that_holds_its_day(on: str, lifted: list[tuple[str, date | None]]) -> None:
    assert lifts(derived(suspended(), AT_A, hire("B", on))) == lifted


def test_a_legacy_reason_is_not_lifted() -> None:
    assert lifts(derived(suspended(reason="SICKNESS"), AT_A, hire("B", "2026-06-10"))) == []


def test_the_first_return_lifts_and_the_next_finds_nothing_to_lift() -> None:
    wanted = derived(suspended(), AT_A, hire("B", "2026-06-20"), hire("ETTI", "2026-06-10"))
    assert lifts(wanted) == [("2026-06-10", day("2026-06-09"))]


def test_the_hire_under_which_it_was_declared_is_no_return() -> None:
    own = hire("A", "2026-06-05")
    assert lifts(derived(suspended(declared_on="2026-06-10"), AT_A, own)) == []
    assert lifts(derived(suspended(declared_on="2026-06-04"), AT_A, own)) == [("2026-06-05", day("2026-06-04"))]
    late = hire("A", "2026-06-03", "2026-06-11")
    assert lifts(derived(suspended(declared_on="2026-06-10"), late, own)) == [("2026-06-03", day("2026-06-02"))]


@pytest.mark.parametrize(("declared_on", "ends_on"), [("2026-06-20", "2026-06-24"), ("2026-06-21", "2026-07-01")])
def test_what_is_suspended_after_a_hire_was_said_is_not_lifted_by_it(declared_on: str, ends_on: str) -> None:
    """Issue 10, 1: any suspension that ran on the hire's day was lifted, also one that nobody had declared yet."""
    person = suspended(declared_on=declared_on)
    wanted = derived(person, AT_A, hire("B", "2026-06-25", "2026-06-20"))
    (suspension,) = with_effects(person, wanted).agrement().suspensions
    assert str(suspension.ends_on) == ends_on


def test_a_hire_said_later_for_an_earlier_day_ends_it_earlier() -> None:
    person = suspended()
    wanted = derived(person, AT_A, hire("B", "2026-06-20", "2026-06-10"), hire("ETTI", "2026-06-12", "2026-06-15"))
    assert lifts(wanted) == [("2026-06-20", day("2026-06-19")), ("2026-06-12", day("2026-06-11"))]
    assert str(with_effects(person, wanted).agrement().suspensions[0].ends_on) == "2026-06-11"


def test_two_moves_said_at_one_instant_follow_each_other_as_their_causes_do() -> None:
    """Ids of effects say nothing: the fold ends where the replay ended, whichever id is smaller."""
    for contract in "abcdefgh":
        person = Person().granted("2026-06-01", **FUTURE)
        first, then = (
            hire("A", "2026-05-25", "2026-05-10", contract=contract),
            hire("B", "2026-05-20", "2026-05-10", contract=f"{contract} 2"),
        )
        wanted = derived(person, first, then)
        assert with_effects(person, wanted).agrement().starts_on == day("2026-05-20")
        assert derived(person, first, then) == wanted


def test_a_hire_is_compared_with_the_end_before_it_lifts() -> None:
    person = Person().granted("2024-06-11", "2026-06-10")
    person.given(suspension("2026-06-10", "2026-08-01"))
    wanted = derived(person, hire("A", "2026-01-01"), hire("B", "2026-07-15"))
    assert links(wanted)[-1] == ("2026-07-15", uid("P"))
    assert lifts(wanted) == [("2026-07-15", day("2026-07-14"))]
    assert with_effects(person, wanted).ends_on() == "2026-07-14", "before the hire: an alert, not a refusal"


def test_a_hire_outside_the_agrement_lifts_nothing() -> None:
    person = Person().granted("2024-01-01", "2025-12-30").given(suspension("2026-02-01", "2026-03-01"))
    wanted = derived(person, hire("B", "2026-02-10"))
    assert (links(wanted), lifts(wanted)) == ([("2026-02-10", None)], [])


def test_a_voided_hire_gives_the_suspension_back() -> None:
    back = hire("B", "2026-06-10")
    assert lifts(derived(suspended(), AT_A, back)) != []
    wanted = derived(suspended(), AT_A, back, void_of(back))
    assert lifts(wanted) == []
    assert links(wanted) == [("2026-01-01", uid("P"))]


def test_a_change_of_the_suspension_is_followed() -> None:
    person = suspended()
    person.given(suspension("2026-06-01", "2026-06-05", name="S"), replaces="fact-2")
    assert lifts(derived(person, AT_A, hire("B", "2026-06-10"))) == []


# A start not begun


FUTURE = {"granted_on": "2026-05-01"}


@pytest.mark.parametrize(
    ("on", "said", "moved"),
    [
        ("2026-05-20", "2026-05-10", [("2026-05-10", "2026-05-20")]),
        ("2026-05-20", "2026-05-31", [("2026-05-31", "2026-05-20")]),
        ("2026-05-20", "2026-06-01", []),
        ("2026-05-20", "2026-04-30", []),
        ("2026-06-01", "2026-05-10", []),
        ("2026-06-10", "2026-05-10", []),
    ],
)
def test_a_hire_before_the_start_moves_it_while_it_is_to_come(on: str, said: str, moved: list[Any]) -> None:
    person = Person().granted("2026-06-01", "2026-12-31", **FUTURE)
    wanted = derived(person, hire("A", on, said))
    assert moves(wanted) == moved
    assert links(wanted) == [(on, uid("P") if moved or on >= "2026-06-01" else None)]
    if moved:
        assert with_effects(person, wanted).ends_on() == "2028-05-18", "the default end, not the one it brought"


def test_a_hire_covered_by_another_agrement_moves_nothing() -> None:
    person = Person().granted("2024-06-01", "2026-05-25", "old").granted("2026-06-01", **FUTURE)
    wanted = derived(person, hire("A", "2026-05-25", "2026-05-10"))
    assert (moves(wanted), links(wanted)) == ([], [("2026-05-25", uid("old"))])


def test_a_hire_whose_day_moves_takes_the_start_along_both_ways() -> None:
    person = Person().granted("2026-06-01", **FUTURE)
    said = hire("A", "2026-06-01", "2026-05-02", contract="c")
    later = hire_moved("c", "2026-06-15", "2026-05-20")
    wanted = derived(person, said, later)
    assert moves(wanted) == [("2026-05-20", "2026-06-15")]
    assert links(wanted) == [("2026-06-15", uid("P"))]
    assert moves(derived(person, said, later, hire_moved("c", "2026-05-25", "2026-05-21"))) == [
        ("2026-05-20", "2026-06-15"),
        ("2026-05-21", "2026-05-25"),
    ]


def test_a_start_does_not_follow_once_begun_nor_past_another_hire() -> None:
    person = Person().granted("2026-06-01", **FUTURE)
    said = hire("A", "2026-06-01", "2026-05-02", contract="c")
    assert moves(derived(person, said, hire_moved("c", "2026-06-15", "2026-06-01"))) == []
    other = hire("B", "2026-06-05", "2026-05-03")
    assert moves(derived(person, said, other, hire_moved("c", "2026-06-15", "2026-05-20"))) == []


def test_a_start_moved_by_somebody_is_kept() -> None:
    person = Person().granted("2026-06-01", **FUTURE).given(move("2026-05-05", "2026-06-10"))
    wanted = derived(person, hire("A", "2026-06-10", "2026-05-06"))
    assert (moves(wanted), links(wanted)) == ([], [("2026-06-10", uid("P"))])


def test_a_late_hire_is_judged_in_its_own_time() -> None:
    """Said in August, it happened in June: the suspension is lifted as of June, the start that has begun stays."""
    wanted = derived(suspended(), AT_A, hire("B", "2026-06-10", "2026-08-01"))
    assert lifts(wanted) == [("2026-06-10", day("2026-06-09"))]
    late = derived(Person().granted("2026-06-01", **FUTURE), hire("B", "2026-05-20", "2026-08-01"))
    assert (moves(late), links(late)) == ([], [("2026-05-20", None)])


# Whatever comes, in whatever order


DAYS = st.dates(day("2025-06-01"), day("2026-12-31")).map(str)
HIRES = st.lists(
    st.builds(hire, st.sampled_from(["A", "B", "ETTI", "GEIQ", "not known"]), DAYS, DAYS),
    max_size=5,
    unique_by=lambda fact: fact.id,
)


@st.composite
def persons(draw: st.DrawFn) -> Person:
    person = Person(draw(st.sampled_from(["reference", "day_exact"])))
    person.given(grant(draw(DAYS), granted_on=draw(DAYS)))
    for number in range(draw(st.integers(0, 3))):
        start, end = sorted((draw(DAYS), draw(DAYS)))
        reason = draw(st.sampled_from(["CONTRACT_BROKEN", "SICKNESS"]))
        person.given(suspension(start, end, f"S{number}", reason=reason, declared_on=draw(DAYS)))
    return person


@given(persons(), HIRES, st.randoms(use_true_random=False))
def test_any_order_gives_the_same_effects_and_a_replay_none(person: Person, hires: list[Recorded], random: Any) -> None:
    wanted = derived(person, *hires)
    shuffled = [*hires, *hires]
    random.shuffle(shuffled)
    assert derived(person, *shuffled) == wanted
    assert derived(with_effects(person, wanted), *hires) == wanted


@given(persons(), HIRES)
def test_a_suspension_is_lifted_again_to_an_earlier_day_only_and_never_lengthened(
    person: Person, hires: list[Recorded]
) -> None:
    before = {one.suspension_id: one for one in person.agrement().suspensions}
    wanted = derived(person, *hires)
    lifted = [one.fact for one in wanted if isinstance(one.fact, SuspensionLifted)]
    for one in lifted:
        days = [other.lifted_on for other in lifted if other.suspension_id == one.suspension_id]
        assert days == sorted(set(days), reverse=True)
    for after in with_effects(person, wanted).agrement().suspensions:
        assert after.ends_on <= before[after.suspension_id].ends_on


@given(persons(), HIRES, st.data())
def test_a_hire_voided_leaves_what_there_was_without_it(
    person: Person, hires: list[Recorded], data: st.DataObject
) -> None:
    if not hires:
        return
    gone = data.draw(st.sampled_from(hires))
    rest = [fact for fact in hires if fact is not gone]
    assert derived(person, *hires, void_of(gone)) == derived(person, *rest)
