"""What persons are called, as commands ask identities for it: where the caller may know, and else nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from parcours.client.http_client import Answer, AnswerError, Client, UnreachableError
from parcours.terminal.persons import NO_NAMES, Names, PersonName

AT_ONCE = 500
PATH = "/identities/v1"
NOT_SHOWN = frozenset({403, 404, 429, 502, 503, 504})
"""The role sees no names, nobody serves them, or who may see them is not known now: what is asked is shown without."""


def names_of(client: Client, person_ids: Iterable[str | None]) -> Names:
    """Of whom the caller sees a name; nothing where none can be had now. Raise AnswerError."""
    found: dict[str, PersonName] = {}
    ids = iter(dict.fromkeys(filter(None, person_ids)))
    # Never waited for: a list without names is still a list.
    with Client(client.url, client.token, retry_for_s=0.0) as once:
        while piece := list(islice(ids, AT_ONCE)):
            try:
                answer = once.request("POST", f"{PATH}/names", _body({"person_ids": piece}), _JSON)
            except UnreachableError:
                return NO_NAMES
            if answer.status in NOT_SHOWN:
                return NO_NAMES
            for row in _good(client, answer).json()["items"]:
                found[row["asked_id"]] = PersonName(row["family_name"], row["given_names"], row["birth_date"])
    return found


def give(client: Client, person_id: str, names: Mapping[str, Any], structure_id: str | None = None) -> Answer:
    """What a structure says; `structure_id`: which, where the token leaves it open."""
    acting_for = {} if structure_id is None else {"Acting-For": f"structure/{structure_id}"}
    return client.request("PUT", f"{PATH}/persons/{person_id}", _body(names), {**_JSON, **acting_for})


_JSON = {"Content-Type": "application/json"}


def _body(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _good(client: Client, answer: Answer) -> Answer:
    if not answer.is_good:
        raise AnswerError(f"{client.url}{PATH}/names", answer)
    return answer
