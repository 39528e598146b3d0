"""The policy for logs: a caller's own events, or all of them. Versions of a stream are counted in what it sees."""

from __future__ import annotations

from shared.facts.saying import ROLE, STRUCTURE
from shared.rights.caller import Caller
from shared.rights.saying import SPEAK_FOR_ROLE
from shared.rights.seeing import check_ever, may_ever


def log_of(caller: Caller) -> str | None:
    """For whom what it reads of a log was said; None for the whole log. `caller`: as it reads, for one structure.

    Raise MayNotSeeError for a role that sees none."""
    if sees_whole_logs(caller):
        return None
    check_ever(caller, "own_log")
    # Of a token without any structure nothing was ever said: there is no structure without an id.
    return ROLE + caller.role if caller.role in SPEAK_FOR_ROLE else STRUCTURE + next(iter(caller.structures), "")


def subjects_of(caller: Caller) -> frozenset[str] | None:
    """The subjects of which it reads what was said for its role; None for all. A coordinator's are its groups: others
    coordinate theirs in the same name."""
    return frozenset(f"group/{group}" for group in caller.groups) if caller.role == "group_coordinator" else None


def sees_whole_logs(caller: Caller) -> bool:
    """Whether versions are those of the stream itself: else they count what was said for whom it speaks or reads."""
    return may_ever(caller, "whole_log")
