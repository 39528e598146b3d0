"""`/<service>/v1/events`: facts in over HTTP, the log out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import nullcontext
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response

from shared.deciding.refusals import DomainError
from shared.facts.docstrings import docstring
from shared.intake.binary_mode import binary_event, is_binary
from shared.intake.incoming import MAX_EVENT_BYTES, Incoming
from shared.intake.intake import CHUNK, Intake
from shared.intake.lines import LINES, answer_stream
from shared.intake.logging_reads import answered, log_refusals
from shared.intake.outcome import FailedError, NotRecordedError, Outcome, refusal, telling_few_faults
from shared.intake.seen import NotYetKnownError, not_yet_known
from shared.intake.strict_json import JsonSyntaxError, faults, has_more_items, parse
from shared.log.entries import LogEntry
from shared.process.giving_way import giving_way
from shared.rights.caller import Caller
from shared.rights.logs import log_of, subjects_of
from shared.web.codes_route import codes_route
from shared.web.headers import listed
from shared.web.leaving import unless_left
from shared.web.paging import Page, limit_of
from shared.web.problems import (
    PROBLEM_JSON,
    Fault,
    MalformedError,
    TooLargeError,
    UnsupportedMediaTypeError,
    retry_after,
)
from shared.web.quotas import source_of
from shared.web.read_log import CONTINUITY
from shared.web.visibility import sayer_of_event, with_sayer

MAX_BATCH_BYTES = 16 * 1024 * 1024
"""A batch is held in memory whole, parsed and answered; what is longer comes as lines."""
MAX_BATCH_ITEMS = 10_000
"""Each has an outcome in the answer, however short it is itself."""
SINGLE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
JSON = "application/json"
BINARY = "binary"
"""Not a type but a mode: JSON, or nothing said of it, with the attributes of an event in headers."""


class AtomicBatchRefusedError(DomainError):
    code = "atomic_batch_refused"
    title = "Nothing of the batch was recorded; `outcomes` says why, event by event"
    title_fr = "Rien du lot n'a été enregistré ; voir « outcomes »"
    instead = "Correct what is refused in `outcomes`, then send the batch again."
    instead_fr = "Corrigez ce qui est refusé dans « outcomes », puis renvoyez le lot."


def intake_routes(intake: Intake) -> APIRouter:
    """The routes every write service has."""
    router = APIRouter(prefix=f"/{intake.service}/v1", tags=["facts"])

    @router.post("/events", operation_id="post_events")
    async def post_events(request: Request, atomic: str = "false") -> Response:
        return await answer_events(request, intake, atomic)

    @router.get("/events", operation_id="read_log")
    async def read_log(
        request: Request,
        subject: str | None = None,
        type: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> Response:
        caller = await intake.who_reads(request, CONTINUITY, intake.applied)
        said_for, within = log_of(caller), subjects_of(caller)
        name = None if subject is None else _searchable("subject", subject.lower())
        kind = None if type is None else _searchable("type", type)
        asked = (_after(intake.service, after), limit_of(limit), name, kind)
        page = await answered(
            intake,
            lambda: _whole_log(intake, *asked) if said_for is None else _own_log(intake, said_for, within, *asked),
        )
        return page.response()

    @router.get("/event-types", operation_id="list_event_types")
    async def list_event_types(request: Request) -> list[dict[str, Any]]:
        intake.callers.caller(request.headers.get("authorization"))
        return [_described(fact) for fact in intake.catalogue.facts.values()]

    router.include_router(
        codes_route(lambda: (n for book in intake.catalogue.codes for n in book.all()), intake.callers)
    )
    return router


def _whole_log(intake: Intake, after: int, size: int, subject: str | None, type_name: str | None) -> Page:
    # One more than asked for: whether there is a next page is known without counting the rest.
    entries = intake.store.log(after, size + 1, subject=subject, type_name=type_name)
    return _page(intake, [(entry, entry.streamversion) for entry in entries], size)


def _own_log(
    intake: Intake,
    said_for: str,
    within: AbstractSet[str] | None,
    after: int,
    size: int,
    subject: str | None,
    type_name: str | None,
) -> Page:
    """Of one sayer's events alone, numbered as if there were no others: neither a version nor the end of a page tells of
    them. `within`: the subjects of which alone it is shown; None: all."""
    subjects = within if subject is None else {subject} if within is None else within & {subject}

    def sayer_of(entry: LogEntry) -> str | None:
        return sayer_of_event(json.loads(entry.wire), intake.catalogue)

    found = intake.store.said.log(said_for, after, size + 1, sayer_of, subjects=subjects, type_name=type_name)
    return _page(intake, found, size)


def _page(intake: Intake, found: Sequence[tuple[LogEntry, int]], size: int) -> Page:
    """Events with their numbers in the stream that the reader sees; one more than the page holds where there are more."""
    events = (
        {**with_sayer(json.loads(entry.wire), intake.catalogue), "streamversion": number}
        for entry, number in found[:size]
    )
    cursor = f"{intake.service}:{found[size - 1][0].sequence}" if len(found) > size else None
    return Page(list(events), cursor)


async def answer_events(request: Request, intake: Intake, atomic: str = "false") -> Response:
    """The answer to a POST of events, by whichever way it came in (`plain_way.py`). Raise DomainError where who calls may
    not, and where what became of the events is not known to the caller, who may send them again."""
    caller = intake.callers.caller(request.headers.get("authorization"))
    try:
        return await _answer(request, intake, caller, atomic)
    except DomainError as error:
        if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
        return _problem(error, refusal("", error).outcome)


async def _answer(request: Request, intake: Intake, caller: Caller, atomic_text: str) -> Response:
    intake.quota.check(caller)
    await intake.begin(request)
    caller = await intake.with_taken_over(request, caller)
    kind = media_type(request)
    atomic = _flag("atomic", atomic_text)
    if kind == LINES:
        if atomic:
            raise MalformedError([Fault("", "not_atomic", "a stream cannot be atomic: send a batch")])
        return await answer_stream(request, intake, caller)
    if kind == BINARY:
        event = binary_event(request.headers, await read_body(request, MAX_EVENT_BYTES))
        return await _answer_one(request, intake, caller, event, suspect=True)
    with intake.body_room.place() as take:
        return await _answer_json(request, intake, caller, kind, atomic, take)


async def _answer_json(
    request: Request, intake: Intake, caller: Caller, kind: str, atomic: bool, take: Callable[[int], None]
) -> Response:
    body = await read_body(request, MAX_EVENT_BYTES if kind == SINGLE else MAX_BATCH_BYTES, take)
    is_large = len(body) > MAX_EVENT_BYTES
    with giving_way() if is_large else nullcontext():
        # Whoever sends little is answered before it could be seen to leave.
        value, suspect = await unless_left(request, intake.beside(_parsed, body)) if is_large else _parsed(body)
        del body  # of a batch it would be held until all of it is answered
        if kind == BATCH or (kind == JSON and isinstance(value, list)):
            return await unless_left(request, _answer_batch(request, intake, caller, value, suspect, atomic))
    if is_large:
        raise TooLargeError(limit_bytes=MAX_EVENT_BYTES)
    return await _answer_one(request, intake, caller, value, suspect)


def media_type(request: Request) -> str:
    """How the body is to be read. Raise UnsupportedMediaTypeError also for what is compressed or not UTF-8."""
    kind, *parameters = (part.strip().lower() for part in request.headers.get("content-type", "").split(";"))
    charsets = [text.removeprefix("charset=").strip('"') for text in parameters if text.startswith("charset=")]
    # Plain JSON may be the body of an event whose attributes are headers: SDKs send it so unless told otherwise.
    if kind in ("", JSON) and is_binary(request.headers):
        kind = BINARY
    if kind not in (SINGLE, BATCH, JSON, LINES, BINARY) or not set(charsets) <= {"utf-8", "utf8", "us-ascii"}:
        raise UnsupportedMediaTypeError(accepted=[SINGLE, BATCH, JSON, LINES], charset="utf-8")
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaTypeError(accepted_encodings=["identity"])
    return kind


def _flag(name: str, given: str) -> bool:
    text = given.lower()
    if text not in ("true", "false", "1", "0"):
        raise MalformedError([Fault("", f"bad_{name}", f"{name} is true or false")])
    return text in ("true", "1")


async def read_body(request: Request, limit: int, take: Callable[[int], None] = lambda _: None) -> bytes:
    """The body, never more than `limit` bytes of it; `take` is told of what is more than an event. Raise TooLargeError."""
    declared = request.headers.get("content-length", "")
    # Told before a byte is read where the sender says how much is coming; counted all the same, for it may lie.
    if declared.isdigit() and int(declared) > limit:
        raise TooLargeError(limit_bytes=limit)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise TooLargeError(limit_bytes=limit)
        if size > MAX_EVENT_BYTES:
            take(len(part))
        parts.append(part)
    return b"".join(parts)


def _parsed(body: bytes) -> tuple[Any, bool]:
    if has_more_items(body, MAX_BATCH_ITEMS):
        raise TooLargeError(limit_items=MAX_BATCH_ITEMS)
    try:
        return parse(body)
    except JsonSyntaxError as error:
        raise MalformedError([Fault("", "not_json", str(error))]) from None


async def _answer_one(request: Request, intake: Intake, caller: Caller, value: Any, suspect: bool) -> Response:
    intake.quota.take(caller, [source_of(value)])
    draft = intake.read(value, suspect, caller)
    if isinstance(draft, Incoming):
        draft = with_if_match(draft, listed(request.headers, "if-match"))
        (outcome,) = await intake.writer.submit(await intake.looked(request, [draft]))
    else:
        outcome = draft
    intake.metrics.outcome(intake.service, outcome.outcome)
    await log_refusals(intake, caller, [outcome])
    # What `If-Match` takes next time: a sender that goes on need not read the subject again.
    headers = {} if outcome.streamversion is None else {"ETag": f'"{outcome.streamversion}"'}
    headers |= retry_after(outcome.error)
    media_type = JSON if outcome.error is None else PROBLEM_JSON
    return Response(_json(outcome.json()), outcome.status, headers, media_type)


def with_if_match(incoming: Incoming, header: str) -> Incoming:
    """`If-Match: "3"` says the same as `expectedversion: 3`; where both are given they must agree."""
    if header.strip() in ("", "*"):
        return incoming
    text = header.strip().removeprefix("W/").strip('"')
    # Digits of any script are digits to Python; more than 15 are no version, and more than 18 no bigint.
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise MalformedError([Fault("", "bad_if_match", 'If-Match is a stream version, such as "3"')])
    version = int(text)
    if incoming.expectedversion not in (None, version):
        raise MalformedError([Fault("/expectedversion", "bad_if_match", "If-Match says another version")])
    return replace(incoming, expectedversion=version)


async def _answer_batch(
    request: Request, intake: Intake, caller: Caller, value: Any, suspect: bool, atomic: bool
) -> Response:
    if not isinstance(value, list):
        raise MalformedError([Fault("", "not_an_array", "a batch is a JSON array of events")])
    if len(value) > MAX_BATCH_ITEMS:
        raise TooLargeError(limit_items=MAX_BATCH_ITEMS)
    intake.quota.take(caller, map(source_of, value))
    if suspect and any(fault.code == "too_deep" for fault in faults(value, depth=0)):
        raise MalformedError([Fault("", "too_deep", "an event of the batch is nested too deep")])
    drafts: list[Incoming | Outcome] = []
    # Beside the event loop, as parsing was: checking thousands of events takes longer than a single one may wait. Chunk
    # by chunk: between two of them others have their turn, and a batch whose sender left ends.
    for chunk in (value[start : start + CHUNK] for start in range(0, len(value), CHUNK)):
        drafts += await intake.beside(_read_items, intake, chunk, suspect, caller)
    outcomes = await intake.record(await intake.looked(request, drafts), atomic=atomic)
    intake.count(outcomes)
    await log_refusals(intake, caller, outcomes)
    outcomes = telling_few_faults(outcomes)
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    if atomic and failed:
        return _atomic_refusal(failed, await intake.beside(lambda: [outcome.json() for outcome in outcomes]))
    body = await intake.beside(lambda: _json({"outcomes": [outcome.json() for outcome in outcomes]}))
    return Response(body, 200, media_type=JSON)


def _read_items(intake: Intake, items: Sequence[Any], suspect: bool, caller: Caller) -> list[Incoming | Outcome]:
    return [intake.read(item, suspect, caller) for item in items]


def _atomic_refusal(failed: Sequence[Outcome], answers: list[dict[str, Any]]) -> Response:
    is_malformed = any(outcome.outcome == "malformed" for outcome in failed)
    status = 422 if is_malformed else 409
    # The gravest says what to do: a bug of ours is sent again, whatever else is wrong with the batch.
    if any(isinstance(outcome.error, FailedError) for outcome in failed):
        status = 500
    if not_yet_known(outcome.error for outcome in failed if not isinstance(outcome.error, NotRecordedError)):
        status = 503
    response = _problem(AtomicBatchRefusedError(outcomes=answers), "malformed" if is_malformed else "refused", status)
    if status == 503:
        response.headers.update(retry_after(NotYetKnownError()))
    return response


def _problem(error: DomainError, outcome: str, status: int | None = None) -> Response:
    """What became of a whole body that was not recorded."""
    status = status or error.status
    body = _json({"outcome": outcome, **error.problem(), "status": status})
    return Response(body, status, retry_after(error), PROBLEM_JSON)


def _after(service: str, after: str | None) -> int:
    """A place in the log: a sequence, or a position such as `pathways:123`."""
    text = (after or "0").removeprefix(f"{service}:")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise MalformedError([Fault("", "bad_cursor", f"after is a sequence or a position such as {service}:123")])
    return int(text)


def _searchable(name: str, text: str) -> str:
    if "\x00" in text:
        raise MalformedError([Fault("", f"bad_{name}", "U+0000 is never stored")])
    return text


def _described(fact: Any) -> dict[str, Any]:
    return {
        "type": fact.type,
        "subjects": list(fact.subjects),
        "occurred_on": fact.occurred_on_field,
        "description": docstring(fact),
        "visibility": {name: fact.visibility_of(name).value for name in fact.model_fields},
        "personal": list(fact.personal_fields()),
        "schema": fact.model_json_schema(),
        "example": fact.example,
    }


_printed = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _json(value: Any) -> bytes:
    return _printed(value).encode("utf-8", "replace")
