"""What the generic intake does not give: a person's subject from a structure's own number for that person, and an erasure."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.pathways.facts import PersonErased
from services.pathways.person_references import AGREMENT_SCHEME, Number, PersonReferences, Reference, Scheme
from shared.deciding.refusals import DomainError
from shared.facts.fact import printed
from shared.facts.saying import STRUCTURE
from shared.intake.answering import Answering
from shared.intake.incoming import Incoming
from shared.intake.outcome import IdReusedError
from shared.rights.caller import Caller
from shared.rights.logs import log_of
from shared.rights.refusals import SubjectErasedError
from shared.rights.seeing import check_ever
from shared.web import read_log
from shared.web.problems import Fault, MalformedError, NotFoundError
from shared.web.quotas import HOUR_S, Quota, TooManyError, name_of
from shared.web.read_log import CONTINUITY, SAYING


class SchemeNotAllowedError(DomainError):
    code = "scheme_not_allowed"
    title = "Your token names neither this software nor this structure"
    title_fr = "Votre jeton ne couvre ni ce logiciel ni cette structure"
    instead = "Ask with the scheme of your own software or structure, or with `agrement`."
    instead_fr = "Utilisez la référence de votre logiciel ou de votre structure, ou le numéro d'agrément (PASS IAE)."
    status = 403


class ReferenceTakenError(DomainError):
    code = "reference_taken"
    title = "This reference stands for another person"
    title_fr = "Cette référence désigne déjà une autre personne"
    instead = "Check the number. Where both are one person, a data steward says so (`persons_merged`)."
    instead_fr = "Vérifiez le numéro. Si les deux ne font qu'une, un responsable des données les fusionne."


class UnknownNumbersError(TooManyError):
    """`most_unknown`: agrément numbers that found nobody, in an hour. Whether this one would is not looked up."""

    code = "unknown_numbers"
    title = "You have asked for too many agrément numbers that found nobody; ask again later"
    title_fr = "Trop de numéros d'agrément (PASS IAE) demandés n'ont trouvé personne ; réessayez plus tard"
    instead = "[At most {most_unknown} an hour find nobody. ]Wait as long as `Retry-After` says."
    instead_fr = "[Au plus {most_unknown} par heure peuvent ne trouver personne. ]Attendez la durée indiquée par « Retry-After »."


MOST_UNKNOWN = 20
"""Agrément numbers an hour that may find nobody: typing mistakes, and no search by trying."""


class Subject(BaseModel):
    subject: str


class ErasureRequest(BaseModel):
    """`ground`: an open code (`request`, `retention`). `source`: in whose name it is said, among those of the token; absent:
    its only one."""

    model_config = ConfigDict(extra="forbid", strict=True)

    erased_on: Annotated[str, Field(json_schema_extra={"format": "date"})]
    ground: str
    source: str | None = None


class Emptied(BaseModel):
    facts: int


class ErasedPerson(BaseModel):
    """`outcome`: recorded, or duplicate of a person who was forgotten already: then the day and the ground are those of then.
    `subjects`: all ids of the person, each forgotten. `emptied`: what this service held of them; the others empty their own
    once they have read that, by `position`."""

    outcome: str
    subject: str
    subjects: list[str]
    erased_on: str
    ground: str
    position: str
    recordedtime: str
    emptied: Emptied


NOBODY = f"person/{UUID(int=0)}"
_NOT_FOUND = {"description": "nobody, or nobody with whom the caller has to do"}
_NOT_ALLOWED = {"description": "the scheme is neither yours nor `agrement`"}
_TOO_MANY = {"description": "too many agrément numbers that found nobody"}
_PUT: dict[int | str, dict[str, Any]] = {
    201: {"model": Subject, "description": "a person nobody had named so; with a token: the caller had not"},
    403: _NOT_ALLOWED,
    404: _NOT_FOUND,
    429: _TOO_MANY,
}
_GET: dict[int | str, dict[str, Any]] = {403: _NOT_ALLOWED, 404: _NOT_FOUND, 429: _TOO_MANY}
_POST: dict[int | str, dict[str, Any]] = {
    201: {"model": Subject, "description": "the reference is new, and stands for the person"},
    403: _NOT_ALLOWED,
    404: _NOT_FOUND,
    409: {"description": "it stands for another person, or the person is forgotten"},
}
_ERASURE: dict[int | str, dict[str, Any]] = {
    201: {"model": ErasedPerson, "description": "forgotten from now on"},
    503: {"description": "no ledger of erasures is named, or the database is away"},
}
LOCAL_SOURCE = "urn:parcours:erasure"
"""In whose name a suite without keys says it."""


def pathways_routes(references: PersonReferences, answering: Answering) -> APIRouter:
    router = APIRouter()
    router.include_router(reference_routes(references, answering))
    router.include_router(erasure_routes(answering))
    return router


def erasure_routes(answering: Answering) -> APIRouter:
    router = APIRouter(prefix="/pathways/v1/persons", tags=["persons"])
    intake = answering.intake

    @router.post("/{person_id}/erasure", operation_id="erase_person", responses=_ERASURE)
    async def erase_person(request: Request, response: Response, person_id: UUID, body: ErasureRequest) -> ErasedPerson:
        """Forget a person under all its ids. It cannot be taken back, and asked for again it changes nothing. The fact
        `pathways.person_erased` is recorded as if it had been posted."""
        caller = await intake.who_reads(request, SAYING)
        check_ever(caller, "erasure")
        subject = f"person/{person_id}"
        intake.quota.check(caller)
        await intake.begin(request)
        event = _erasure_event(body, subject, _source(body, caller), printed(intake.store.clock.now()))
        draft = intake.read(event, False, caller)
        if isinstance(draft, Incoming):
            (draft,) = await intake.writer.submit([draft])
        intake.count([draft])
        # Whoever forgot the person before may have said another day: it is forgotten all the same.
        if draft.error is not None and not isinstance(draft.error, SubjectErasedError | IdReusedError):
            raise _of_body(draft.error)

        def question() -> dict[str, Any]:
            found = _erasure(answering, subject)
            if found is None:
                raise draft.error or NotFoundError()
            read_log.also_about(UUID(one.removeprefix("person/")) for one in found["subjects"])
            return {"outcome": "recorded" if draft.outcome == "recorded" else "duplicate", **found}

        answer = await answering.ask(question)
        response.status_code = 201 if answer["outcome"] == "recorded" else 200
        return ErasedPerson.model_validate(answer)

    return router


def _erasure_event(body: ErasureRequest, subject: str, source: str, time: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"erasure-{subject.removeprefix('person/')}",  # asked for twice it is one event
        "source": source,
        "type": PersonErased.type,
        "subject": subject,
        "time": time,
        "data": {"erased_on": body.erased_on, "ground": body.ground},
    }


def _source(body: ErasureRequest, caller: Caller) -> str:
    if body.source is not None:
        return body.source
    if caller.is_local:
        return LOCAL_SOURCE
    if len(caller.sources) != 1:
        raise MalformedError([Fault("/body/source", "missing_field", "your token has several sources: say which")])
    return next(iter(caller.sources))


def _of_body(error: DomainError) -> DomainError:
    """With pointers as the body of the request has them."""
    if not isinstance(error, MalformedError):
        return error
    return MalformedError([replace(one, pointer="/body" + one.pointer.removeprefix("/data")) for one in error.faults])


def _erasure(answering: Answering, subject: str) -> dict[str, Any] | None:
    """What is recorded of it; None where the person is not forgotten. Blocks on the database: part of a question."""
    store = answering.intake.store
    subjects = sorted(answering.intake.merges.ids(subject))
    entries = {one: store.log(0, 1, subject=one, type_name=PersonErased.type) for one in {subject, *subjects}}
    if not entries[subject]:
        return None
    fact = json.loads(entries[subject][0].wire)
    erasures = [entry for found in entries.values() for entry in found]
    return {
        "subject": subject,
        "subjects": subjects,
        **fact["data"],
        "position": f"{store.service}:{max(entry.sequence for entry in erasures)}",
        "recordedtime": fact["recordedtime"],
        # Each but those that say so.
        "emptied": {"facts": sum(store.versions(subjects).values()) - len(erasures)},
    }


def reference_routes(references: PersonReferences, answering: Answering, unknown: Quota | None = None) -> APIRouter:
    """`unknown`: how many agrément numbers may find nobody."""
    router = APIRouter(prefix="/pathways/v1/persons", tags=["persons"])
    unknown = unknown or Quota(MOST_UNKNOWN, period_s=HOUR_S)

    @router.put("/by-reference", operation_id="person_by_reference", responses=_PUT)
    async def person_by_reference(request: Request, response: Response, reference: Reference) -> Subject:
        """Get, or create, the subject of the person a structure knows under its own number. An agrément number that was granted
        finds whose it is, and makes nobody; with a token no number of that scheme makes anybody: it finds whom the caller's
        structure has, or had, to do with."""
        caller = await _caller(answering, request, reference)

        def question() -> dict[str, Any]:
            may_make = references.may_make_of(reference) if caller.is_local else reference.scheme != AGREMENT_SCHEME
            if not may_make:
                return {"subject": _found(references, answering, caller, reference, unknown), "created": False}
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
        caller = await _caller(answering, request, asked)
        found = await answering.ask(lambda: {"subject": _found(references, answering, caller, asked, unknown)})
        return Subject(subject=found["subject"])

    @router.post("/{person_id}/references", operation_id="attach_reference", responses=_POST)
    async def attach_reference(request: Request, response: Response, person_id: UUID, reference: Reference) -> Subject:
        """Have a further number of the caller's own software or structure stand for a person. With a token: one with whom
        the caller's structure has, or had, to do."""
        caller, subject = await _caller(answering, request, reference), f"person/{person_id}"

        def question() -> dict[str, Any]:
            if not caller.is_local and reference.scheme == AGREMENT_SCHEME:
                raise SchemeNotAllowedError(scheme=reference.scheme)
            person = answering.person(caller, subject)
            if not caller.is_local:
                person.check("own_facts")
            if any(isinstance(fact.data, PersonErased) for fact in person.standing):
                raise SubjectErasedError()
            named, created = references.get_or_create(reference, subject)
            if named not in answering.intake.merges.ids(subject):
                raise ReferenceTakenError(scheme=reference.scheme)
            if not caller.is_local:
                references.is_first_asked(reference, log_of(caller) or "")
            return {"subject": named, "created": created}

        found = await answering.ask(question)
        response.status_code = 201 if found["created"] else 200
        return Subject(subject=found["subject"])

    return router


async def _caller(answering: Answering, request: Request, reference: Reference) -> Caller:
    """Who asks, for one of its structures. Raise MayNotSeeError; SchemeNotAllowedError for another's scheme, which would
    tell whether that software knows a number."""
    caller = await answering.intake.who_reads(request, CONTINUITY)
    check_ever(caller, "reference")
    own = caller.sources | caller.acts_as | {AGREMENT_SCHEME}
    if not caller.is_local and reference.scheme not in own:
        raise SchemeNotAllowedError(scheme=reference.scheme)
    return caller


def _found(
    references: PersonReferences, answering: Answering, caller: Caller, reference: Reference, unknown: Quota
) -> str:
    """Raise NotFoundError, the same for somebody hidden and for nobody; UnknownNumbersError after too many of those."""
    if caller.is_local or reference.scheme != AGREMENT_SCHEME:
        return _visible(references, answering, caller, reference)
    # Taken before anything is looked up, so that after too many nothing tells the known from the unknown, and of forty that
    # ask at once no more are told; given back where somebody is found, or nobody could be looked for.
    if wait_s := unknown.take_one(name_of(caller)):
        raise UnknownNumbersError(wait_s, most_unknown=unknown.per_minute)
    try:
        subject = _visible(references, answering, caller, reference)
    except NotFoundError:
        raise
    except BaseException:
        unknown.give_back(name_of(caller))
        raise
    unknown.give_back(name_of(caller))
    return subject


def _visible(references: PersonReferences, answering: Answering, caller: Caller, reference: Reference) -> str:
    subject = references.known_subject(reference)
    if caller.is_local and subject is not None:
        return subject
    has_named = reference.scheme != AGREMENT_SCHEME and references.has_asked(
        reference, [STRUCTURE + structure_id for structure_id in caller.acts_as]
    )
    if not has_named:
        # Of nobody as of somebody hidden: the time that the answer takes tells neither which it was.
        answering.person(caller, subject or NOBODY).check("own_facts")
    if subject is None:
        raise NotFoundError()
    return subject
