"""What standing facts of a structure or a client say of one day. Pure; used by the services that read these facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from services.structures.facts.clients import ClientChanged, ClientRegistered
from services.structures.facts.structures import (
    DerogationGranted,
    DerogationRule,
    StructureChanged,
    StructureRegistered,
)
from shared.facts import Recorded


def kind_on(facts: Sequence[Recorded], day: date) -> str | None:
    """A structure's kind on a day; before the first fact that says it, what that one says. None: not known (yet)."""
    return _on(
        day,
        (
            (fact.occurred_on, fact.data.kind)
            for fact in facts
            if isinstance(fact.data, StructureRegistered | StructureChanged)
        ),
    )


def client_kind_on(facts: Sequence[Recorded], day: date) -> str | None:
    """A client's kind on a day; before the first fact that says it, what that one says. None: not known (yet)."""
    return _on(
        day,
        (
            (fact.occurred_on, fact.data.kind)
            for fact in facts
            if isinstance(fact.data, ClientRegistered | ClientChanged)
        ),
    )


def derogations(facts: Iterable[Recorded], rule: DerogationRule) -> list[DerogationGranted]:
    """A structure's derogations from one rule, in the order of truth."""
    return [fact.data for fact in facts if isinstance(fact.data, DerogationGranted) and fact.data.rule == rule]


def _on(day: date, said: Iterable[tuple[date, str | None]]) -> str | None:
    kinds = [(since, kind) for since, kind in said if kind is not None]
    return next((kind for since, kind in reversed(kinds) if since <= day), kinds[0][1] if kinds else None)
