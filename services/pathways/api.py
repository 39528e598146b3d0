"""What the generic intake does not give: a person's subject from a structure's own number for that person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from services.pathways.person_references import AGREMENT_SCHEME, Number, PersonReferences, Reference, Scheme
from shared.deciding.refusals import DomainError
from shared.intake.answering import Answering
from shared.rights.caller import Caller
from shared.rights.logs import log_of
from shared.rights.seeing import check_ever
from shared.web.problems import NotFoundError


class SchemeNotAllowedError(DomainError):
    code = "scheme_not_allowed"
    title = "Your token names neither this software nor this structure"
    title_fr = "Votre jeton ne couvre ni ce logiciel ni cette structure"
    instead = "Ask with the scheme of your own software or structure, or with `agrement`."
    instead_fr = "Utilisez la référence de votre logiciel ou de votre structure, ou le numéro d'agrément (PASS IAE)."
    status = 403


class Subject(BaseModel):
    subject: str


NOBODY = f"person/{UUID(int=0)}"
_NOT_FOUND = {"description": "nobody, or nobody with whom the caller has to do"}
_NOT_ALLOWED = {"description": "the scheme is neither yours nor `agrement`"}
_PUT: dict[int | str, dict[str, Any]] = {
    201: {"model": Subject, "description": "a person nobody had named so; with a token: the caller had not"},
    403: _NOT_ALLOWED,
    404: _NOT_FOUND,
}
_GET: dict[int | str, dict[str, Any]] = {403: _NOT_ALLOWED, 404: _NOT_FOUND}


def reference_routes(references: PersonReferences, answering: Answering) -> APIRouter:
    router = APIRouter(prefix="/pathways/v1/persons", tags=["persons"])

    @router.put("/by-reference", operation_id="person_by_reference", responses=_PUT)
    async def person_by_reference(request: Request, response: Response, reference: Reference) -> Subject:
        """Get, or create, the subject of the person a structure knows under its own number. With a token an agrément number
        makes nobody: it finds whom the caller's structure has, or had, to do with."""
        caller = _caller(answering, request, reference)

        def question() -> dict[str, Any]:
            if not caller.is_local and reference.scheme == AGREMENT_SCHEME:
                return {"subject": _found(references, answering, caller, reference), "created": False}
            subject, created = references.get_or_create(reference)
            if not caller.is_local:
                # Whether others of the same software had named the person so is not told.
                created = references.is_first_asked(reference, log_of(caller) or "")
            return {"subject": subject, "created": created}

        found = await answering.ask(question)
        # Told apart so that an import knows whether it met somebody new; a repeat of the request gets 200.
        response.status_code = 201 if found["created"] else 200
        return Subject(subject=found["subject"])

    @router.get("/by-reference", operation_id="find_person_by_reference", responses=_GET)
    async def find_person(request: Request, scheme: Scheme, reference: Number) -> Subject:
        """The subject of the person a structure knows under its own number, or who has an agrément number; makes nobody.
        With a token: whom the caller's structure named so, or has, or had, to do with."""
        asked = Reference(scheme=scheme, reference=reference)
        caller = _caller(answering, request, asked)
        found = await answering.ask(lambda: {"subject": _found(references, answering, caller, asked)})
        return Subject(subject=found["subject"])

    return router


def _caller(answering: Answering, request: Request, reference: Reference) -> Caller:
    """Who asks, for one of its structures. Raise MayNotSeeError; SchemeNotAllowedError for another's scheme, which would
    tell whether that software knows a number."""
    caller = answering.intake.who_reads(request)
    check_ever(caller, "reference")
    own = caller.sources | caller.structures | {AGREMENT_SCHEME}
    if not caller.is_local and reference.scheme not in own:
        raise SchemeNotAllowedError(scheme=reference.scheme)
    return caller


def _found(references: PersonReferences, answering: Answering, caller: Caller, reference: Reference) -> str:
    """Raise NotFoundError, the same for somebody hidden and for nobody."""
    subject = references.known_subject(reference)
    if caller.is_local and subject is not None:
        return subject
    has_named = reference.scheme != AGREMENT_SCHEME and references.has_asked(reference, log_of(caller) or "")
    if not has_named:
        # Of nobody as of somebody hidden: the time that the answer takes tells neither which it was.
        answering.person(caller, subject or NOBODY).check("own_facts")
    if subject is None:
        raise NotFoundError()
    return subject
