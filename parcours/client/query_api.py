"""Questions to the query API, as the commands and the demonstration ask them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from parcours.client.http_client import AnswerError, Client
from parcours.terminal.structures import Structure

PAGE = 1_000
NOT_FOUND = 404


def timeline(
    client: Client, person_id: UUID | str, as_of: str | None = None, known_at: str | None = None
) -> dict[str, Any] | None:
    """The timeline as the query API gives it, with all its facts; None for a person unknown or hidden there."""
    path = f"/projections/v1/persons/{person_id}/timeline"
    query = {"as_of": as_of, "known_at": known_at}
    try:
        found: dict[str, Any] = client.get(path, query)
    except AnswerError as error:
        if error.answer.status == NOT_FOUND and error.answer.code == "not_found":
            return None
        raise
    while (following := found["next"]) is not None:
        page = client.get(path, {**query, "next": following})
        found = {**page, "items": found["items"] + page["items"]}
    return found


def structures(client: Client, ids: Iterable[str]) -> dict[str, Structure]:
    """Names and kinds; what is not registered is left out."""
    found = {}
    for structure_id in sorted(ids):
        page = client.get("/projections/v1/tables/structures", {"structure_id": structure_id})
        for row in page["items"]:
            found[structure_id] = Structure(row.get("name") or structure_id, row.get("kind"))
    return found


def everything(client: Client, path: str, query: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
    """All rows of a list, page after page."""
    following: str | None = None
    while True:
        page = client.get(path, {**(query or {}), "limit": PAGE, "next": following})
        yield from page["items"]
        following = page["next"]
        if following is None:
            return


def candidates(client: Client, path: str, query: Mapping[str, Any]) -> dict[str, Any]:
    """All pages of who is ready in a group, as one, with the criteria."""
    pages: dict[str, Any] = client.get(path, {**query, "limit": PAGE})
    following = pages["next"]
    while following is not None:
        page = client.get(path, {**query, "limit": PAGE, "next": following})
        pages["items"] += page["items"]
        following = page["next"]
    return {"criteria": pages["criteria"], "items": pages["items"]}


def transitions(client: Client, group_id: str, by: str = "kind") -> list[dict[str, Any]]:
    return list(everything(client, f"/projections/v1/groups/{group_id}/transitions", {"by": by}))


def jobs_by_kind(client: Client, group_id: str) -> dict[str, int]:
    """How many left a member of the group for an ordinary job, by the kind of the structure they left."""
    exits = everything(client, "/projections/v1/tables/exits", {"leads_to": "employment"})
    # A job within a structure of the IAE is a step, not an ordinary job.
    to_job = {row["exit_id"] for row in exits if row.get("next_structure_id") is None}
    steps = everything(client, f"/projections/v1/groups/{group_id}/pathways")
    return dict(Counter(str(row["kind"]) for row in steps if row.get("exit_id") in to_job))
