"""Whose tokens `parcours up --keys` writes: one for each role, two structures among them, of the invented group."""

from __future__ import annotations

from typing import Any

from parcours.demo.bodies import BODIES, STATE_SOURCE, STEWARD_SOURCE
from parcours.demo.groups import GROUP_ID, GROUP_SOURCE
from parcours.demo.journal import an_id
from parcours.laptop_keys import Named
from shared.rights.caller import ROLES

STRUCTURES = ("jardins", "coup-de-main")
PRESCRIBER = an_id("prescriber", "FT")


def demo_tokens() -> list[Named]:
    """A token is named after its role; that of a second structure after it, too."""
    first, *others = (BODIES[key] for key in STRUCTURES)
    claims: dict[str, dict[str, Any]] = {
        "structure": {"structures": [first.id], "sources": [first.source]},
        "group_coordinator": {"groups": [GROUP_ID], "sources": [GROUP_SOURCE]},
        "prescriber": {"structures": [PRESCRIBER], "sources": [STATE_SOURCE], "authorised": True},
        "staff": {"sources": [STATE_SOURCE]},
        "data_steward": {"sources": [STEWARD_SOURCE]},
    }
    beside = [
        Named(f"structure-{body.key}", "structure", {"structures": [body.id], "sources": [body.source]})
        for body in others
    ]
    return [*(Named(role, role, claims.get(role, {})) for role in ROLES), *beside]
