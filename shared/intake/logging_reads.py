"""What the answers of a write service leave in the log of reads (ADR 0030), in the service's own database.

A POST of events is no read, but its refusal is one: it tells what is recorded about the person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TypeVar

from shared.intake.intake import Intake
from shared.intake.outcome import Outcome
from shared.rights.caller import Caller
from shared.web.read_log import line_of, person_in, refusing

T = TypeVar("T")


async def answered(intake: Intake, question: Callable[[], T]) -> T:
    """What the question finds, once its line is kept, where it is about persons. Raise UnavailableError."""
    # In one thread of the store's: waking another for the line would cost as much as writing it.
    return await intake.ask(lambda: _answered(intake, question))


def _answered(intake: Intake, question: Callable[[], T]) -> T:
    answer = question()
    line = line_of(answer)
    if line is not None:
        intake.reads.add([line], intake.store.connection)
    return answer


async def log_refusals(intake: Intake, caller: Caller, outcomes: Iterable[Outcome]) -> None:
    """One line for each structure that the events of one answer were refused to. Raise UnavailableError."""
    persons: defaultdict[str | None, list[str]] = defaultdict(list)
    for outcome in outcomes:
        if (event := outcome.tells_of) is not None and (person := person_in(event.fact.subject)) is not None:
            persons[event.saidfor].append(person)
    if not persons:
        return
    route = f"POST /{intake.service}/v1/events"
    lines = [refusing(caller, saidfor, route).line(set(told), len(told)) for saidfor, told in persons.items()]
    await intake.store.ask(intake.reads.add, lines, intake.store.connection)
