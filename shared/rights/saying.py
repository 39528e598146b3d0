"""The policy's first part: who may say what."""

from __future__ import annotations

from shared.facts.fact import FactVoided, Recorded
from shared.rights.caller import Caller
from shared.rights.refusals import SourceNotAllowedError


def check_source(caller: Caller, fact: Recorded) -> None:
    """Raise SourceNotAllowedError unless the fact, and what it voids, are of the caller's own sources."""
    void = fact.data
    target = void.fact_source if isinstance(void, FactVoided) and void.fact_source else fact.source
    # What it voids too: a token for one software must not take back what another one said.
    for source in (fact.source, target):
        if not caller.speaks_for(source):
            raise SourceNotAllowedError(source=source)
