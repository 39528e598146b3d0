"""A callers' port whose next caller a test chooses."""

from __future__ import annotations

from dataclasses import dataclass

from shared.rights.caller import LOCAL, Caller


@dataclass
class Asking:
    who: Caller = LOCAL

    def caller(self, authorization: str | None) -> Caller:
        return self.who
