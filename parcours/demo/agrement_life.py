"""What becomes of a demonstrated agrément: suspended between two hires, prolonged, closed."""

from __future__ import annotations

from collections.abc import Sequence

from parcours.demo.agrement_grants import FORGOTTEN
from parcours.demo.agrement_prolongations import prolong
from parcours.demo.agrement_state import Agrement, Work
from parcours.demo.agrement_suspensions import be_away, stand_still, suspend_a_leaver
from parcours.demo.contracts import Contract
from parcours.demo.journal import DAY, LAST_DAY
from parcours.demo.lives import Person, Stage


def live_agrement(person: Person, lived: Sequence[tuple[Stage, list[Contract]]]) -> None:
    """What became of the agrément, from all contracts of the person."""
    works = [Work(stage, contract) for stage, contracts in lived for contract in contracts if stage.body.is_siae]
    works.sort(key=lambda work: work.starts_on)
    if works and person.number != FORGOTTEN:
        _live(Agrement(person, works))


def _live(agrement: Agrement) -> None:
    """Suspensions up to the last contract, the prolongation it needs, and what becomes of it afterwards."""
    for work, until, following in agrement.spans():
        be_away(agrement, work)
        if following is not None:
            stand_still(agrement, work, until, following)
    prolong(agrement)
    last_work, until = agrement.works[-1], max(work.ends_on for work in agrement.works)
    if until < LAST_DAY and agrement.resumed_on <= until + DAY:
        suspend_a_leaver(agrement, last_work, until + DAY)
