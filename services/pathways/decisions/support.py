"""Rules of acts of support."""

from __future__ import annotations

from collections.abc import Iterator

from services.pathways.facts import SupportAction
from services.pathways.refusals.support import ActionIdUsedError
from shared.deciding.refusals import DomainError
from shared.deciding.rules import Case


def an_action_id_is_new(fact: SupportAction, case: Case) -> Iterator[DomainError]:
    if any(action.action_id == fact.action_id for action in case.standing(SupportAction)):
        yield ActionIdUsedError(action_id=fact.action_id)
