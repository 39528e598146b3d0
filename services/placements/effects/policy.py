"""What this service records by itself: that hours come near the cap, or pass it."""

from __future__ import annotations

from collections.abc import Sequence

from services.placements.effects.cap import derive, is_policy_effect
from services.placements.facts import CapReached, FactVoided, PlacementAgreed
from services.placements.model.windows import Scope
from services.placements.model.world import KnownWorld
from shared.facts.fact import Recorded
from shared.log.joined_streams import Beside
from shared.reacting.decision import Policy
from shared.reacting.effects import OwnFact, reconcile, void_by
from shared.reacting.knowledge import IncompleteError, Lookup


def cap_policy(scope: Scope) -> Policy:
    """Says what the hours come to as they should be counted now."""

    def policy(stream: Beside, consumed: Sequence[Recorded], lookup: Lookup) -> list[OwnFact]:
        # First: with what is known of a client gone, hours would count for nobody and what was said of the cap be taken
        # back.
        _check_known(stream.settled, lookup)
        wanted = derive(stream.settled, KnownWorld(lookup), scope)
        return reconcile(stream.facts, stream.settled, wanted, is_policy_effect, void_by(FactVoided))

    return policy


def _check_known(settled: Sequence[Recorded], lookup: Lookup) -> None:
    """Raise IncompleteError where an effect stands by a structure or a client of which nothing is known here any more."""
    clients = {
        fact.data.placement_id: fact.data.client_id for fact in settled if isinstance(fact.data, PlacementAgreed)
    }
    for effect in (fact.data for fact in settled if isinstance(fact.data, CapReached)):
        client_id = None if effect.placement_id is None else clients.get(effect.placement_id)
        for subject in (f"structure/{effect.structure_id}", None if client_id is None else f"client/{client_id}"):
            if subject is not None and not lookup(subject):
                raise IncompleteError(f"nothing has come about {subject}, by which an effect stands")
