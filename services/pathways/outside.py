"""What decisions of this service ask beside the event's own person: whether anything is recorded of another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.pathways.decisions.merging import PathwaysContext
from shared.deciding.rules import MakeContext, OwnFacts
from shared.facts.fact import Recorded


def prepare(_: Sequence[Recorded], streams: Mapping[str, OwnFacts]) -> MakeContext:
    """`streams`: of whom events are, and of those into whom they merge. Looked at when a rule asks: an event before it in
    its group may have registered the person."""

    def is_recorded(subject: str) -> bool:
        return subject in streams and streams[subject].version > 0

    return lambda names, _: PathwaysContext(names, is_recorded=is_recorded)
