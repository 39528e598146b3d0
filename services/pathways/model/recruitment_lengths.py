"""How long a recruitment may last, renewals included, and what carries it beyond.

`bound`: the part of a recruitment under the types of contracts that a row of the law binds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from services.pathways.facts import ContractChanged
from services.pathways.law.tables import Ground, Law, Longest
from services.pathways.model.ages import age_on
from services.pathways.model.breach import Breach, breach
from services.pathways.model.recruitments import Hire, Recruitment
from services.pathways.model.spans import Span, uncovered
from services.pathways.model.working_life import WorkingLife
from shared.facts.days import plus
from shared.facts.months import span_end

FOR_EVER: Span = (date.min, date.max)
"""The days of a training that is not known yet: a ground that names one is believed until it is."""


def too_long(recruitment: Recruitment, law: Law, life: WorkingLife) -> Iterator[Breach]:
    """Days after the longest months, up to the last day, that nothing carries; about the contract of that day.

    Source: L5132-15-1, L5132-11-1, L5132-5, L5132-6; `law/longest.yaml`, `law/grounds.yaml`.
    """
    for row in law.longest:
        bound = recruitment.under(row.contract_types)
        if bound is None:
            continue
        # The first day beyond, and as far as the last day reaches: grounds may carry a part in between only.
        limit, last = plus(span_end(bound.starts_on, row.months), 1), bound.ends_on or date.max
        if last < limit:
            continue
        covers = [*_grounded(bound, row, law, life), *_beside_inclusion(bound, row, life)]
        for since, until in uncovered((limit, last), covers):
            yield breach("contract_too_long", _running(bound, since), (since, until), row.kind, row.article)


def _running(bound: Recruitment, day: date) -> Hire:
    """The last of its contracts begun by that day."""
    return [hire for hire in bound.hires if hire.starts_on <= day][-1]


def _grounded(bound: Recruitment, row: Longest, law: Law, life: WorkingLife) -> Iterator[Span]:
    """Days carried by grounds that changes of its contracts give."""
    changes = [
        change for hire in bound.hires for change in hire.contract.changes if change.extension_ground is not None
    ]
    for ground in law.grounds if changes else ():
        given = [change for change in changes if change.extension_ground == ground.ground]
        if not given or row.kind not in ground.kinds:
            continue
        if ground.while_training:
            yield from _trainings(given, life)
        elif _is_old_enough(
            ground, plus(span_end(bound.starts_on, row.months), 1), bound, life
        ):  # on the first day beyond
            yield bound.starts_on, _carried_to(ground, len(given), bound, row)


def _trainings(given: list[ContractChanged], life: WorkingLife) -> Iterator[Span]:
    for change in given:
        if change.training_id is not None:
            yield life.trainings.get(change.training_id, FOR_EVER)


def _is_old_enough(ground: Ground, day: date, bound: Recruitment, life: WorkingLife) -> bool:
    if ground.least_age is None:
        return True
    age = age_on(day, bound.hires, life.birth_year)
    return age is not None and age.least >= ground.least_age


def _carried_to(ground: Ground, times: int, bound: Recruitment, row: Longest) -> date:
    """The last day that a ground given so many times allows."""
    if ground.to_months is None:
        return date.max
    months = ground.to_months
    if ground.months_each is not None:
        # One year at a time: two extensions within a year add two (law/grounds.yaml, our reading).
        months = min(months, row.months + times * ground.months_each)
    return span_end(bound.starts_on, months)


def _beside_inclusion(bound: Recruitment, row: Longest, life: WorkingLife) -> Iterator[Span]:
    """Days, up to a longer limit, on which a CDI inclusion with the same structure runs."""
    if row.beside_inclusion_months is None:
        return
    until = span_end(bound.starts_on, row.beside_inclusion_months)
    for structure_id in {hire.structure_id for hire in bound.hires}:
        for starts_on, ends_on in life.inclusions.get(structure_id, ()):
            yield starts_on, min(ends_on, until)
