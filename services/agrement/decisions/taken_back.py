"""What falls with a fact that is voided or replaced: what the service had recorded as its effect."""

from __future__ import annotations

from collections.abc import Sequence

from services.agrement.facts import OWN_SOURCE, FactVoided, Prolonged
from shared.deciding.effect_ids import effects_of
from shared.deciding.rules import Context
from shared.facts.fact import Recorded
from shared.facts.settle import is_plain


def taken_back_with(event: Recorded, settled: Sequence[Recorded], context: Context) -> list[Recorded]:
    """Effects that stand, of the fact that the event voids or replaces; those of policies are theirs to take back."""
    cause = _taken_back(event, settled)
    if cause is None:
        return []
    # Links and lifts are not among them: the policy reconciles those from all that stands, and would say them again.
    own = [fact for fact in settled if fact.source == OWN_SOURCE and isinstance(fact.data, Prolonged | FactVoided)]
    return effects_of(cause, own, context.recorded)


def void_of(fallen: Recorded, event: Recorded) -> FactVoided:
    """The void of an effect whose cause the event takes back."""
    day = event.data.voided_on if isinstance(event.data, FactVoided) else event.decided_on
    return FactVoided(fact_id=fallen.id, fact_source=fallen.source, voided_on=day, reason="cause_taken_back")


def _taken_back(event: Recorded, settled: Sequence[Recorded]) -> Recorded | None:
    """The standing fact that the event voids or replaces."""
    if is_plain(event):
        return None
    # A sender replaces its own facts only, so a replaced fact has the source of the event; a void names its source.
    name = (event.source, event.replaces or "")
    if isinstance(event.data, FactVoided):
        name = (event.data.fact_source or event.source, event.data.fact_id)
    return next((fact for fact in settled if fact.key == name), None)
