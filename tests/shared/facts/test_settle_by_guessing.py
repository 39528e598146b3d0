"""settle beside a judge that tries every guess: what stands without a circle is the one answer that agrees with itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import product

from hypothesis import assume, example, given

from shared.facts.fact import Recorded
from shared.facts.settle import order_of_truth, settle
from tests.shared.events import CATALOGUE, opened, void
from tests.shared.facts.drawn import histories

ORDER = order_of_truth(CATALOGUE)


@given(histories())
@example([opened("n0"), void("n1", "n0"), opened("n2", replaces="n1"), void("n3", "n2"), opened("n4", replaces="n3")])
def test_without_a_circle_what_stands_is_the_one_answer_that_agrees_with_itself(facts: list[Recorded]) -> None:
    """Every guess of which facts are voided is tried: right is the one under which what stands voids just those."""
    roots = {fact.id: first_of_chain(fact, facts) for fact in facts}
    assume(not is_in_circles(facts, roots))
    agreeing = [standing for standing, voided, guessed in guesses(facts, roots) if voided == guessed]
    assert [{fact.id for fact in settle(facts, ORDER)}] == agreeing


def guesses(facts: list[Recorded], roots: dict[str, str]) -> Iterator[tuple[set[str], set[str], set[str]]]:
    for bits in product([False, True], repeat=len(facts)):
        guessed = {fact.id for fact, is_voided in zip(facts, bits, strict=True) if is_voided}
        unvoided = [fact for fact in facts if fact.id not in guessed]
        standing: dict[str, Recorded] = {}
        for fact in sorted(unvoided, key=lambda fact: (fact.time, fact.id)):
            # An end: no correction that is not voided leads to it, over voided ones or not.
            if not any(fact.id in leads_to(other, facts) for other in unvoided):
                standing[roots[fact.id]] = fact
        voided = {name for name in roots for fact in standing.values() if getattr(fact.data, "fact_id", None) == name}
        yield {fact.id for fact in standing.values()}, voided, guessed


def leads_to(fact: Recorded, facts: list[Recorded]) -> list[str]:
    """What a correction replaces, what that replaced, and so on."""
    replaces, chain = {other.id: other.replaces for other in facts}, []
    name = fact.replaces
    while name is not None and name not in chain:
        chain.append(name)
        name = replaces.get(name)
    return chain


def first_of_chain(fact: Recorded, facts: list[Recorded]) -> str:
    return [fact.id, *leads_to(fact, facts)][-1]


def is_in_circles(facts: list[Recorded], roots: dict[str, str]) -> bool:
    """Whether corrections lead back to themselves, or what is joined by them to itself over voids."""
    hangs_on = defaultdict(set)
    for fact in facts:
        if fact.id in leads_to(fact, facts):
            return True
        target = getattr(fact.data, "fact_id", None)
        if target in roots:
            hangs_on[roots[target]].add(roots[fact.id])
    try:
        TopologicalSorter(hangs_on).prepare()
    except CycleError:
        return True
    return False
