"""From an event to what will be recorded of it: what holds for every event, whatever a service's rules say."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from shared.deciding.refusals import DomainError
from shared.deciding.rules import ACCEPTED, Case, Context, Decide, Rules, Verdict, plain_context, refused
from shared.deciding.warnings import DomainWarning, Warnings
from shared.facts.fact import Recorded, own_source
from shared.facts.settle import order_of_truth
from shared.intake.incoming import Incoming, plain_data
from shared.intake.judge import Group, Judge
from shared.intake.outcome import (
    Draft,
    FailedError,
    IdReusedError,
    Outcome,
    SubjectFullError,
    VersionMismatchError,
)
from shared.log.entries import FirstAnswer, NewFact
from shared.log.streams import Stream
from tests.shared.events import CATALOGUE, PERSON, Closed, Opened, Voided, opened


def accepts(settled: Sequence[Recorded], event: Recorded, context: Context) -> Verdict:
    return ACCEPTED


class NoRoomError(DomainError):
    code = "no_room"
    title = "There is no room"
    title_fr = "Il n'y a pas de place"


class NotTodayError(DomainError):
    code = "not_today"
    title = "Not today"
    title_fr = "Pas aujourd'hui"


def group(*facts: Recorded, answers: dict[tuple[str, str], FirstAnswer] | None = None) -> Group:
    """About one person, of whom these facts are recorded."""
    stream = Stream(PERSON, order_of_truth(CATALOGUE))
    stream.extend(facts, len(facts))
    return Group({PERSON: stream}, answers or {}, plain_context([], {}))


def incoming(name: str, day: str = "2024-01-01", *, expectedversion: int | None = None) -> Incoming:
    fact = opened(name, day)
    return Incoming(fact, digest=day.encode(), data=plain_data(fact.data), expectedversion=expectedversion)


def judge(event: Incoming, among: Group, decide: Decide = accepts, *, limit: int = 100) -> Draft:
    return Judge("tests", decide, subject_limit=limit).judge(event, among)


def new_fact(draft: Draft) -> NewFact:
    assert isinstance(draft, NewFact)
    return draft


def refused_with(draft: Draft, error: DomainError) -> None:
    assert isinstance(draft, Outcome)
    assert draft.error == error


# Accepted


def test_an_accepted_event_is_numbered_after_the_subjects_facts_and_stands_beside_the_next() -> None:
    seen: list[Sequence[str]] = []

    def decide(settled: Sequence[Recorded], event: Recorded, context: Context) -> Verdict:
        seen.append([fact.id for fact in settled])
        return ACCEPTED

    recorded = group(opened("earlier", "2023-01-01"))
    first = new_fact(judge(incoming("a"), recorded, decide))
    second = new_fact(judge(incoming("b", "2024-02-01"), recorded, decide))
    assert (first.fact.streamversion, second.fact.streamversion) == (2, 3)
    assert seen == [["earlier"], ["earlier", "a"]]
    assert recorded.new == [first, second]


def test_what_a_service_completes_is_what_is_recorded() -> None:
    completed = Opened.model_validate({"starts_on": "2024-01-01", "kind": "big"})
    new = new_fact(judge(incoming("a"), group(), lambda *_: Verdict(recorded=completed)))
    assert (new.fact.data, new.data) == (completed, plain_data(completed))


def test_what_an_event_claims_is_known_to_the_next() -> None:
    told: list[frozenset[str]] = []

    def make_context(names: object, claimed: object) -> Context:
        assert isinstance(claimed, Collection)
        told.append(frozenset(claimed))
        return Context()

    recorded = replace(group(), context=make_context)
    for name in "ab":
        judge(incoming(name), recorded, lambda settled, event, _: Verdict(claims=(f"number of {event.id}",)))
    assert told == [frozenset(), {"number of a"}]


def test_effects_are_numbered_behind_their_cause_and_name_it() -> None:
    effects = (
        Closed.model_validate({"ended_on": "2024-03-01"}),
        Opened.model_validate({"starts_on": "2024-03-02"}),
        Closed.model_validate({"ended_on": "2024-04-01"}),
    )
    recorded = group(opened("earlier", "2023-01-01"))
    new = new_fact(judge(incoming("a"), recorded, lambda *_: Verdict(effects=effects)))
    facts = [effect.fact for effect in new.effects]
    assert new.fact.streamversion == 2
    assert [fact.streamversion for fact in facts] == [3, 4, 5]
    assert [fact.data for fact in facts] == list(effects)
    assert {(fact.source, fact.causationid, fact.replaces) for fact in facts} == {(own_source("tests"), "a", None)}
    assert len({fact.id for fact in (new.fact, *facts)}) == 4  # two effects of one type have two ids
    assert recorded.streams[PERSON].version == 5
    again = new_fact(judge(incoming("a"), group(), lambda *_: Verdict(effects=effects)))
    assert [effect.fact.id for effect in again.effects] == [fact.id for fact in facts]  # they follow from the cause


# One id


def test_an_event_that_is_recorded_gets_its_first_answer_again_and_is_not_decided() -> None:
    event = incoming("a")
    effects, warnings = [{"id": "e", "type": "tests.closed.v1"}], [{"code": "odd"}]
    first = FirstAnswer(event.digest, 7, 3, "2026-01-05T09:00:00.000000Z", effects, warnings)
    recorded = group(answers={event.key: first})
    draft = judge(event, recorded, lambda *_: refused(NoRoomError()))
    assert draft == Outcome("duplicate", "a", "tests:7", first.recordedtime, effects, 3, warnings)
    assert recorded.new == []


def test_an_id_recorded_for_another_content_says_where() -> None:
    event = incoming("a")
    recorded = group(answers={event.key: FirstAnswer(b"another", 7, 3, "", [], [])})
    refused_with(judge(event, recorded), IdReusedError(first_position="tests:7"))


def test_an_event_twice_in_one_group_is_one_fact() -> None:
    recorded = group()
    first = judge(incoming("a"), recorded)
    assert judge(incoming("a"), recorded) is first
    assert recorded.new == [first]
    assert recorded.streams[PERSON].version == 1


def test_an_id_twice_in_one_group_for_two_contents_is_refused_the_second_time() -> None:
    recorded = group()
    first = judge(incoming("a"), recorded)
    refused_with(judge(incoming("a", "2024-02-01"), recorded), IdReusedError())
    assert recorded.new == [first]


# Refused


def test_a_version_that_is_not_met_is_said_before_any_rule_speaks() -> None:
    recorded = group(opened("earlier"))
    draft = judge(incoming("a", expectedversion=0), recorded, lambda *_: refused(NoRoomError()))
    refused_with(draft, VersionMismatchError(expectedversion=0, streamversion=1))
    new_fact(judge(incoming("a", expectedversion=1), recorded))
    new_fact(judge(incoming("b", expectedversion=2), recorded))  # the one before it in the group counts


def test_a_full_subject_takes_no_more() -> None:
    recorded = group(opened("earlier"))
    new_fact(judge(incoming("a"), recorded, limit=2))
    refused_with(judge(incoming("b"), recorded, limit=2), SubjectFullError(limit=2))


def test_the_first_refusal_speaks_and_the_others_stand_beside_it() -> None:
    draft = judge(incoming("a"), group(), lambda *_: refused(NoRoomError(seats=0), NotTodayError()))
    refused_with(draft, NoRoomError(seats=0, also=[NotTodayError()]))


def test_a_refused_event_leaves_nothing_behind() -> None:
    def decide(settled: Sequence[Recorded], event: Recorded, context: Context) -> Verdict:
        if event.id == "refused":
            return Verdict((NoRoomError(),), (Closed.model_validate({"ended_on": "2024-03-01"}),), claims=("x",))
        return ACCEPTED

    recorded = group()
    judge(incoming("refused"), recorded, decide)
    assert (recorded.new, recorded.pending, recorded.claimed) == ([], {}, {})
    assert (recorded.streams[PERSON].version, len(recorded.streams[PERSON])) == (0, 0)
    assert new_fact(judge(incoming("b"), recorded, decide)).fact.streamversion == 1


def test_a_rule_that_crashes_stops_its_own_event_only() -> None:
    def decide(settled: Sequence[Recorded], event: Recorded, context: Context) -> Verdict:
        if event.id == "b":
            raise ZeroDivisionError
        return ACCEPTED

    recorded = group()
    first, failed, last = [judge(incoming(name), recorded, decide) for name in "abc"]
    refused_with(failed, FailedError())
    assert recorded.new == [first, last]
    assert recorded.streams[PERSON].version == 2


def test_a_doubt_that_crashes_refuses_nothing() -> None:
    def warn(settled: Sequence[Recorded], event: Recorded, context: Context) -> tuple[DomainWarning, ...]:
        raise ZeroDivisionError

    new = new_fact(Judge("tests", accepts, warn=warn).judge(incoming("a"), group()))
    assert new.warnings == ()


# A long life


def a_day_is_said_once(fact: Opened, case: Case) -> Iterator[DomainError]:
    if any(voided.voided_on == fact.starts_on for voided in case.standing(Voided)):
        yield NotTodayError()


def no_doubt(fact: Opened, case: Case) -> Iterator[DomainWarning]:
    if any(voided.voided_on == fact.starts_on for voided in case.standing(Voided)):
        yield DomainWarning("/data/starts_on")


RULES = Rules((a_day_is_said_once,), strict_links=False)
WARNINGS = Warnings((no_doubt,))


def calls_of_judging(facts: int) -> int:
    """Functions that judging one event calls, Python's and C's, where the life has so many facts."""
    among = group(*(opened(f"fact-{n}", "2024-01-02", streamversion=n + 1) for n in range(facts)))
    assert all(len(stream.settled) == facts for stream in among.streams.values()), "once, when it is loaded"
    judge = Judge("tests", RULES.decide, warn=WARNINGS.of)
    calls = 0

    def count(_: Any, event: str, __: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    events = [incoming(f"new-{n}", day) for n, day in enumerate(("2024-01-03", "2024-01-01"))]
    sys.setprofile(count)
    try:
        drafts = [judge.judge(event, among) for event in events]
    finally:
        sys.setprofile(None)
    assert all(isinstance(draft, NewFact) for draft in drafts)
    return calls


def test_what_is_foreseen_leaves_nothing_behind() -> None:
    """Asked twice it is the same, and judged afterwards as if nobody had asked."""
    judge, among, alone = (Judge("tests", RULES.decide), group(), group())
    foreseen = [judge.foresee(incoming("new", "2024-01-03"), among) for _ in range(2)]
    assert foreseen[0] == foreseen[1]
    assert (among.new, among.pending, among.claimed) == ([], {}, {})
    assert judge.judge(incoming("new", "2024-01-03"), among) == judge.judge(incoming("new", "2024-01-03"), alone)


def test_a_long_life_is_judged_at_the_cost_of_a_short_one() -> None:
    """But for finding the place of a fact that is not the last: the logarithm of a life."""
    short, long = calls_of_judging(16), calls_of_judging(4_096)
    assert long - short <= 2 * 8 * 8, "eight steps more in each of two lists, a few calls each"
