"""What a refusal tells its sender: nothing that only others' facts say.

The event is judged once more beside what its sender may see. What is refused there with the same fields tells nothing else
and is told whole; of any other refusal its code alone, with the fields that its class tells whoever has to do with the
person today (`DomainError.told_fields`). It stays a refusal: only its words are fewer, and `instead` is whole without fields.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import structlog

from shared.deciding.refusals import DomainError
from shared.deciding.rules import Context, Decide
from shared.facts.fact import Recorded, paris_day
from shared.facts.relations import held, relations_of
from shared.facts.sayers import sayer_of
from shared.facts.saying import STRUCTURE
from shared.log.joined_streams import Beside
from shared.rights.caller import Caller
from shared.rights.logs import sees_whole_logs

log = structlog.get_logger(__name__)


def told(
    refusals: Sequence[DomainError], caller: Caller, fact: Recorded, person: Beside, decide: Decide, context: Context
) -> Sequence[DomainError]:
    """The same refusals in the same order, each with what its sender may be told. `fact`: with for whom it is said."""
    # Structures, groups and clients stand in a directory that everybody may read.
    if sees_whole_logs(caller) or not fact.subject.startswith("person/"):
        return refusals
    runs = _has_to_do_today(fact, person)
    visible = [one for one in person.settled if sayer_of(one) == fact.saidfor or (runs and type(one.data).said.is_told)]
    alone = refusals if len(visible) == len(person.settled) else _judged(visible, fact, decide, context)
    own = {one.key for one in person.facts if sayer_of(one) == fact.saidfor}
    return [_told(error, error in alone, runs, own) for error in refusals]


def own_standing(person: Beside, saidfor: str | None) -> Sequence[Recorded]:
    """What stands of what was said for one sayer."""
    return [one for one in person.settled if sayer_of(one) == saidfor]


def _has_to_do_today(fact: Recorded, person: Beside) -> bool:
    sayer = fact.saidfor or ""
    if not sayer.startswith(STRUCTURE):
        return False
    # `recordedtime` of what is not recorded yet is the instant of the decision: no clock is asked here.
    of_sayer = held(relations_of(person.settled, 0), [sayer.removeprefix(STRUCTURE)], paris_day(fact.recordedtime))
    return any(one.is_running for one in of_sayer if one.kind != "proposed")


def _judged(visible: Sequence[Recorded], fact: Recorded, decide: Decide, context: Context) -> Sequence[DomainError]:
    try:
        return decide(visible, fact, replace(context, recorded=visible if context.recorded else ())).refusals
    except Exception as error:  # then nothing is known to be the sender's own: it is told the code alone
        log.exception("telling_failed", type=fact.type, correlationid=fact.correlationid, error=error)
        return ()


def _told(error: DomainError, is_own: bool, runs: bool, own: set[tuple[str, str]]) -> DomainError:
    if not is_own:
        return error.bare(error.told_fields if runs else ())
    if error.standing is not None and (error.standing.source, error.standing.id) not in own:
        error.standing = None
    return error
