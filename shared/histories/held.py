"""What a reader holds of a person beside the histories, which are copies of the logs."""

from __future__ import annotations

from shared.histories import dead_letters, skips, subjects
from shared.log.held import Holding


def held(schema: str) -> list[Holding]:
    return [subjects.held(schema), dead_letters.held(schema), skips.held(schema)]
