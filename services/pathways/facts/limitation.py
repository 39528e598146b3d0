"""That what is recorded of a person is kept, and used for little else; a data steward says it (docs/adr/0043)."""

from __future__ import annotations

from typing import Any, ClassVar

from shared.facts.fact import Day, Fact
from shared.facts.saying import Said, steward


class ProcessingLimited(Fact):
    """Processing of the person's data is limited: it is in no list, no figure and nothing shared any more, from the moment this
    is applied, whatever the day and however old the facts. What happens is recorded as before. Source: GDPR article 18."""

    type: ClassVar[str] = "pathways.processing_limited.v1"
    occurred_on_field: ClassVar[str] = "limited_on"
    said: ClassVar[Said] = Said(by=(steward(),), steward_voids="alone")
    example: ClassVar[dict[str, Any]] = {"limited_on": "2024-09-02"}
    limited_on: Day


class LimitationLifted(Fact):
    """Processing is limited no more from `lifted_on`; the person was told before (GDPR article 18(3)). It ends limitations of
    this id of the person that were recorded before it, of that day or an earlier one."""

    type: ClassVar[str] = "pathways.limitation_lifted.v1"
    occurred_on_field: ClassVar[str] = "lifted_on"
    said: ClassVar[Said] = Said(by=(steward(),), steward_voids="alone")
    example: ClassVar[dict[str, Any]] = {"lifted_on": "2025-01-13"}
    lifted_on: Day
