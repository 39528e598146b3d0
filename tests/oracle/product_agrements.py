"""What the product says of a person's agréments, and of a decision about them."""

from __future__ import annotations

from datetime import date
from typing import Any, cast
from uuid import UUID

from services.agrement import facts as agrement_facts
from services.agrement.effects.hires import derive, is_policy_effect
from services.agrement.facts import OWN_SOURCE
from services.agrement.model.person_file import Counting
from services.agrement.model.person_view import person_view
from services.agrement.model.reckoning import reckon
from services.pathways import facts as pathways_facts
from shared.facts.fact import FactVoided, Recorded
from shared.facts.settle import order_of_truth, settle
from shared.reacting.effects import reconcile
from tests.oracle.history import History
from tests.oracle.product import facts_of, uid
from tests.services.agrement import persons

__all__ = ["persons"]


class AgrementsAsSaid:
    """The agréments of a history, with what the product records by itself about its hires."""

    def __init__(self, history: History, kinds: dict[str, str], counting: str = "reference") -> None:
        self.counting = cast(Counting, counting)
        self.names = {uid(name): name for one in history for name in one["data"].values() if isinstance(name, str)}
        order = order_of_truth(agrement_facts.CATALOGUE)
        own = facts_of(history, "agrement")
        hires = settle(facts_of(history, "pathways"), order_of_truth(pathways_facts.CATALOGUE))
        by_id = {uid(name): kind for name, kind in kinds.items()}
        for _ in range(3):  # once, and again on what it has recorded itself: the same must stand
            settled = settle(own, order)
            wanted = derive(settled, hires, lambda one, _: by_id.get(one), self.counting)
            said = reconcile(own, settled, wanted, is_policy_effect, _void)
            for one in said:
                assert one.time is not None
                own.append(
                    Recorded(
                        id=one.id, source=OWN_SOURCE, type=one.fact.type, subject=own[0].subject, time=one.time,
                        recordedtime=one.time, causationid=one.causationid, data=one.fact,
                    )
                )  # fmt: skip
            if not said:
                break
        else:
            raise AssertionError("what the product records by itself does not come to rest")
        self.settled = settle(own, order)
        self.file = reckon(self.settled, self.counting)

    def agrements(self) -> dict[str, dict[str, Any]]:
        return {
            self.names[one.agrement_id]: {
                "starts_on": one.starts_on,
                "ends_on": one.ends_on,
                "suspensions": {
                    self.names[it.suspension_id]: (it.starts_on, it.ends_on) for it in one.standing_suspensions()
                },
                "prolongations": {
                    self.names[it.prolongation_id]: (it.starts_on, it.ends_on) for it in one.standing_prolongations()
                },
            }
            for one in self.file.agrements
        }

    def on(self, day: date) -> tuple[dict[str, Any], Any]:
        """By agrément: state, days left, end if work resumed; and the carence of that day."""
        view = person_view(self.settled, day, self.counting)
        found = {
            self.names[UUID(str(one["agrement_id"]))]: (
                one["state"],
                one["remaining_days"],
                date.fromisoformat(str(one["ends_on_if_resumed"])),
            )
            for one in view["agrements"]
        }
        carence = view["carence"]
        span = carence and tuple(date.fromisoformat(str(carence[key])) for key in ("starts_on", "ends_on"))
        return found, span


def _void(effect: Recorded) -> FactVoided:
    return agrement_facts.FactVoided(
        fact_id=effect.id, fact_source=effect.source, voided_on=effect.occurred_on, reason="no_longer_stands"
    )


# Decisions


def codes(person: persons.Person, fact: Any, said: date) -> set[str]:
    """Codes of what refuses a fact said on that day; none: it is accepted."""
    person.today = str(said)
    return {refusal.code for refusal in person.refusals(fact)}
