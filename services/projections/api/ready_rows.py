"""The view `ready` as members of a group see it: their own people, and those of others who were told, by a pseudonym.

Who is a candidate is asked first, and put in the order in which pages show them; what a next step depends on is looked up for
one after the other, as far as a page goes. Each candidate `k` has its lines from one of two views over the same SQL as
everybody's: over own rows, or over what is shared (`own/told.sql`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from services.projections.api.own_rows import OF_PERSON, OWN, RELATED, made_of_own, rows_of, view_over
from services.projections.api.pseudonyms import PSEUDONYM

SHOWN_OF_READY: Mapping[str, str] = {
    # Of a person whom another accompanies a pseudonym, and no id by which it would be known elsewhere.
    "person_id": "v.shown_id",
    "step": "v.shown_step",
    "contract_id": "CASE WHEN v.is_own THEN v.contract_id END",
    "agrement_id": "CASE WHEN v.is_own THEN v.agrement_id END",
}

_IS_TOLD = f"(SELECT true FROM ({made_of_own('told')}) t LIMIT 1)"
_IS_TOLD_BY_PATHWAY = _IS_TOLD.replace(" LIMIT 1", " WHERE t.profile = 'pathway' LIMIT 1")

_OWN_CANDIDATES = f"""
SELECT v.*, true AS is_own, v.person_id AS shown_id, (
        SELECT count(*)::integer
        FROM bi.steps n
        WHERE n.person_id = v.person_id AND n.step <= v.step AND {OWN.format("structure_id").replace("v.", "n.")}
    ) AS shown_step
FROM ({view_over("group_steps_today", {"steps": rows_of("steps"), "contracts": rows_of("contracts")})}) v
WHERE {RELATED}
"""
"""Numbered among own steps. Those of one person are in the order of everybody's numbers."""

_TOLD_CANDIDATES = f"""
SELECT v.*, false AS is_own, {PSEUDONYM.format("v.person_id")} AS shown_id,
    row_number() OVER (PARTITION BY v.group_id, v.person_id ORDER BY v.step)::integer AS shown_step
FROM ({view_over("group_steps_today", {"steps": f"SELECT * FROM bi.steps v WHERE {_IS_TOLD}"})}) v
"""
"""Numbered among those that are shown: how many steps came before is not shared."""

_OF_CANDIDATE = (
    "SELECT k.group_id, k.person_id, k.step, {pathway} AS pathway, k.structure_id, k.starts_on, k.contract_id,"
    " k.contract_ends_on WHERE {which}"
)
_OWN_SPANS = made_of_own("pathway_spans", OF_PERSON)
_OWN_PATHWAY = (
    f"coalesce((SELECT p.pathway FROM ({_OWN_SPANS}) p"
    " WHERE k.starts_on >= p.covers_from AND k.starts_on < p.covers_before), 1)"
)
_SHARED_READY = view_over(
    "ready",
    {
        # In one pathway: closings are in no profile.
        "group_steps_today": _OF_CANDIDATE.format(pathway="1", which="NOT k.is_own"),
        "pathways": "SELECT k.person_id, 1 AS pathway, (SELECT min(v.starts_on) FROM bi.steps v"
        f" WHERE v.person_id = k.person_id AND {_IS_TOLD}) AS starts_on",
        "trainings": f"SELECT * FROM bi.trainings v WHERE {_IS_TOLD_BY_PATHWAY}",
        "skills": f"SELECT * FROM bi.skills v WHERE {_IS_TOLD}",
        "handovers_today": "SELECT * FROM bi.handovers_today WHERE false",
    },
)


class SeenReady(NamedTuple):
    """SQL of own candidates, and of these with those whom others share."""

    own: str
    with_shared: str


def seen_ready(agrements_today: str, handovers_today: str) -> SeenReady:
    """`agrements_today`, `handovers_today`: of own candidates, as SQL."""
    of_own = view_over(
        "ready",
        {
            "group_steps_today": _OF_CANDIDATE.format(pathway=_OWN_PATHWAY, which="k.is_own"),
            "pathways": _OWN_SPANS,
            "trainings": rows_of("trainings", OF_PERSON),
            "skills": rows_of("skills", OF_PERSON),
            "agrements_today": agrements_today,
            "handovers_today": handovers_today,
        },
    )
    sharers = f"WITH sharers AS MATERIALIZED ({made_of_own('sharers')})"
    return SeenReady(
        _looked_up("", _OWN_CANDIDATES, of_own),
        _looked_up(sharers, f"{_OWN_CANDIDATES} UNION ALL {_TOLD_CANDIDATES}", f"{of_own} UNION ALL {_SHARED_READY}"),
    )


def _looked_up(beside: str, candidates: str, lines: str) -> str:
    ordered = f"SELECT c.* FROM ({candidates}) c ORDER BY c.group_id, c.shown_id, c.shown_step"
    return (
        f"({beside} SELECT k.is_own, k.shown_id, k.shown_step, r.*"
        f" FROM ({ordered}) k JOIN LATERAL ({lines}) r USING (group_id)"
        " ORDER BY k.group_id, k.shown_id, k.shown_step)"
    )
