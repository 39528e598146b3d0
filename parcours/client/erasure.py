"""That a person is forgotten, as commands and the demonstration say it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from parcours.client.http_client import AnswerError, Client


def say_erased(client: Client, person_id: str, on: date, ground: str, source: str | None = None) -> dict[str, Any]:
    """What pathways answers, which has forgotten the person by then. `source`: in whose name; None: the token's only one.
    Raise AnswerError, UnreachableError."""
    path = f"/pathways/v1/persons/{person_id}/erasure"
    asked = {"erased_on": on.isoformat(), "ground": ground, **({} if source is None else {"source": source})}
    answer = client.request("POST", path, json.dumps(asked).encode(), {"Content-Type": "application/json"})
    if not answer.is_good:
        raise AnswerError(client.url + path, answer)
    found: dict[str, Any] = answer.json()
    return found
