"""Drawn histories of a few facts that void and correct each other, themselves, and what was never said."""

from __future__ import annotations

from hypothesis import strategies as st

from shared.facts.fact import Recorded
from tests.shared.events import closed, opened, void

NAMES = [f"n{number}" for number in range(7)]


@st.composite
def histories(draw: st.DrawFn) -> list[Recorded]:
    facts = []
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
        day, minute = draw(st.sampled_from(["2024-01-01", "2024-02-01"])), draw(st.integers(0, 2))
        target = draw(st.sampled_from(NAMES))
        replaces = draw(st.none() | st.sampled_from(NAMES))
        make = draw(st.sampled_from(["opened", "closed", "void"]))
        recorded = draw(st.integers(0, 3))
        if make == "void":
            facts.append(void(name, target, day, minute=minute, recorded=recorded, replaces=replaces))
        else:
            make_fact = opened if make == "opened" else closed
            facts.append(make_fact(name, day, minute=minute, recorded=recorded, replaces=replaces))
    return facts
