"""What became of an event, or would become of it, and the refusals that intake gives by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shared.deciding.refusals import DomainError
from shared.deciding.standing import standing_at
from shared.facts.fact import printed
from shared.intake.incoming import Incoming
from shared.log.entries import FirstAnswer, NewFact, listed_effects
from shared.log.store import Commit
from shared.web.problems import MAX_FAULTS, MalformedError


class IdReusedError(DomainError):
    """An id names one event for ever. `first_position` is where the first one was recorded."""

    code = "id_reused"
    title = "This id was used by the same source for another content; give each event its own id"
    title_fr = "Cet identifiant a déjà servi à la même source pour un autre contenu"
    instead = "Send the event with a new id."
    instead_fr = "Envoyez l'événement avec un nouvel identifiant."


class VersionMismatchError(DomainError):
    code = "version_mismatch"
    title = "The subject has moved since; read it again, then decide again"
    title_fr = "Le sujet a changé entre-temps ; relisez avant de décider"
    instead = "Read the subject's facts, then send the event with the version found."
    instead_fr = "Relisez les faits de ce sujet, puis renvoyez l'événement avec la version trouvée."
    status = 412


class SubjectFullError(DomainError):
    code = "subject_full"
    title = "This subject holds as many facts as a subject may"
    title_fr = "Ce sujet a atteint le nombre maximal de faits"
    instead = "Nothing more is recorded here about this subject; ask whoever runs the service."
    instead_fr = "Plus rien n'est enregistré ici sur ce sujet ; adressez-vous à l'exploitant du service."


class ErasureNotSetUpError(DomainError):
    code = "erasure_not_set_up"
    title = "Nobody can be forgotten here yet: no ledger of erasures is named"
    title_fr = "L'effacement n'est pas configuré ici : aucun registre des effacements n'est indiqué"
    instead = (
        "Ask whoever runs the suite to set PARCOURS_ERASURE_LEDGER for every service, then send the request again."
    )
    instead_fr = (
        "Demandez à l'exploitant d'indiquer PARCOURS_ERASURE_LEDGER pour tous les services, puis renvoyez la demande."
    )
    status = 503


class FailedError(DomainError):
    """A bug of ours, kept to the one event it concerns."""

    code = "failed"
    title = "The event could not be judged because of an error on our side; nothing was recorded"
    title_fr = "Une erreur de notre côté a empêché de répondre ; rien n'a été enregistré sans réponse"
    instead = "Send the same request again; where it lasts, tell whoever runs the service."
    instead_fr = "Renvoyez la même demande ; si l'erreur persiste, prévenez l'exploitant du service."
    status = 500


class NotRecordedError(DomainError):
    code = "not_recorded"
    title = "Not recorded, because another event of the atomic batch was refused"
    title_fr = "Non enregistré : un autre événement du lot a été refusé"
    instead = "Correct the event that was refused, then send the batch again."
    instead_fr = "Corrigez l'événement refusé, puis renvoyez le lot."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event: `outcome` is recorded, duplicate, refused or malformed.

    `position`: `<service>:<sequence>` of the last fact recorded for it, effects included. `warnings`: what looks mistaken
    in it, as its first answer showed it. `error` says why it was refused; the members between `id` and `error` are then
    empty. `event`: what was refused, once it had been looked at beside what is recorded.
    """

    outcome: str
    id: str
    position: str = ""
    recordedtime: str = ""
    effects: Sequence[dict[str, str]] = ()
    streamversion: int | None = None
    warnings: Sequence[dict[str, str]] = ()
    error: DomainError | None = None
    event: Incoming | None = None

    @property
    def tells_of(self) -> Incoming | None:
        """The event of a refusal that tells what is recorded of its subject. Who may not say it, and whoever meets an error
        of ours, is told the same whatever is recorded."""
        return None if self.error is None or self.error.status in (403, 500, 503) else self.event

    @property
    def status(self) -> int:
        if self.error is not None:
            return self.error.status
        return 201 if self.outcome == "recorded" else 200

    def json(self) -> dict[str, Any]:
        if self.error is not None:
            return {"id": self.id, "outcome": self.outcome, **self.error.problem()}
        return {
            "id": self.id,
            "outcome": self.outcome,
            "position": self.position,
            "recordedtime": self.recordedtime,
            "effects": list(self.effects),
            **({"warnings": list(self.warnings)} if self.warnings else {}),
        }


Draft = Outcome | NewFact
"""What judging an event gives: its outcome where it has one already, else the fact to record."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of an event: `recorded` with the fact as it would be, `duplicate`, or refused."""

    outcome: str
    new: NewFact | None = None
    error: DomainError | None = None
    warnings: Sequence[dict[str, str]] = ()

    def refusals(self) -> list[dict[str, Any]]:
        """Every rule it breaks, each as a problem of its own."""
        if self.error is None:
            return []
        first = self.error.problem()
        return [first, *first.pop("also", [])]


def refusal(event_id: str, error: DomainError) -> Outcome:
    # Not raised any more: where it was would hold all that was looked at there, and by that itself.
    error.__traceback__ = error.__context__ = None
    return Outcome("malformed" if error.status == 422 else "refused", event_id, error=error)


def refusal_of(event: Incoming, error: DomainError) -> Outcome:
    """Of an event that was judged."""
    return replace(refusal(event.fact.id, error), event=event)


def telling_few_faults(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Those of one batch, with at most `MAX_FAULTS` faults told among them; the others are counted, each with its event.
    An answer would else be many times as long as what was sent."""
    left = MAX_FAULTS
    told: list[Outcome] = []
    for outcome in outcomes:
        if isinstance(outcome.error, MalformedError):
            few = outcome.error.first(left)
            left -= len(few.faults)
            told.append(replace(outcome, error=few))
        else:
            told.append(outcome)
    return told


def repeated(event: Incoming, first: FirstAnswer, service: str, *, is_same: bool, streamversion: int | None) -> Outcome:
    """The answer to an event whose name is recorded: the first answer again, or that its content was another.
    `streamversion`: the first answer's, as its sender counts."""
    position = f"{service}:{first.sequence}"
    if not is_same:
        error = IdReusedError(first_position=position)
        # Effects stand right behind their cause, and the first answer names the last of them.
        error.standing = standing_at(service, event.key, first.sequence - len(first.effects))
        return refusal_of(event, error)
    return Outcome(
        outcome="duplicate",
        id=event.fact.id,
        position=position,
        recordedtime=first.recordedtime,
        effects=first.effects,
        streamversion=streamversion,
        warnings=first.warnings,
    )


def withheld(draft: Draft) -> Outcome:
    """What an event of a refused atomic batch is told: its own refusal, or that the others' kept it out."""
    return draft if isinstance(draft, Outcome) else refusal(draft.fact.id, NotRecordedError())


def outcomes_of(
    drafts: Iterable[Sequence[Draft]], new: Sequence[NewFact], commit: Commit | None
) -> list[list[Outcome]]:
    """The outcomes of one group, job by job; `commit` recorded `new`, None where that is nothing.

    An event that stands in the group twice is one draft: the first place is told that it was recorded, the others that
    they repeat it.
    """
    outcomes = {} if commit is None else dict(_recorded(new, commit))
    # By name, over all jobs: one event may have been sent twice by two requests at the same time.
    answered: set[tuple[str, str]] = set()

    def finished(draft: Draft) -> Outcome:
        if isinstance(draft, Outcome):
            return draft
        name = draft.fact.key
        if name in answered:
            return replace(outcomes[name], outcome="duplicate")
        answered.add(name)
        return outcomes[name]

    return [[finished(draft) for draft in job] for job in drafts]


def _recorded(new: Sequence[NewFact], commit: Commit) -> Iterator[tuple[tuple[str, str], Outcome]]:
    recordedtime = printed(commit.recordedtime)
    place = -1
    for fact in new:
        # Effects stand right behind their cause, and the position is that of the last of them.
        place += 1 + len(fact.effects)
        recorded = fact.fact
        yield (
            recorded.key,
            Outcome(
                "recorded",
                recorded.id,
                position=f"{recorded.service}:{commit.sequences[place]}",
                recordedtime=recordedtime,
                effects=listed_effects(fact),
                streamversion=fact.told_version,
                warnings=fact.warnings,
            ),
        )
