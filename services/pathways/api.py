"""What the generic intake does not give: a person's subject from a structure's own number for that person."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from services.pathways.person_references import AGREMENT_SCHEME, PersonReferences, Reference
from shared.deciding.refusals import DomainError
from shared.rights.caller import Caller
from shared.web.callers import Callers


class SchemeNotAllowedError(DomainError):
    code = "scheme_not_allowed"
    title = "Your token names neither this software nor this structure"
    title_fr = "Votre jeton ne couvre ni ce logiciel ni cette structure"
    instead = "Ask with the scheme of your own software or structure, or with `agrement`."
    instead_fr = "Utilisez la référence de votre logiciel ou de votre structure, ou le numéro d'agrément (PASS IAE)."
    status = 403


class Subject(BaseModel):
    subject: str


_ANSWERS: dict[int | str, dict[str, Any]] = {
    201: {"model": Subject, "description": "a person nobody had named so"},
    403: {"description": "the scheme is neither yours nor `agrement`"},
}


def reference_routes(references: PersonReferences, callers: Callers) -> APIRouter:
    router = APIRouter(prefix="/pathways/v1/persons", tags=["persons"])

    @router.put("/by-reference", operation_id="person_by_reference", responses=_ANSWERS)
    async def person_by_reference(request: Request, response: Response, reference: Reference) -> Subject:
        """Get, or create, the subject of the person a structure knows under its own number."""
        _check_scheme(callers.caller(request.headers.get("authorization")), reference)
        subject, created = await references.subject_of(reference)
        # Told apart so that an import knows whether it met somebody new; a repeat of the request gets 200.
        response.status_code = 201 if created else 200
        return Subject(subject=subject)

    return router


def _check_scheme(caller: Caller, reference: Reference) -> None:
    """Raise SchemeNotAllowedError for another's scheme: it would tell whether that software knows a number."""
    own = caller.sources | caller.structures | {AGREMENT_SCHEME}
    if not caller.is_local and reference.scheme not in own:
        raise SchemeNotAllowedError(scheme=reference.scheme)
