"""Would these events be accepted? Each is asked of the service, which records nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from parcours.client.event_files import Item
from parcours.client.http_client import Answer, AnswerError, Client
from parcours.client.posting import WRITE_SERVICES

JUDGED = (403, 409, 413, 422)

Verdict = Literal["allowed", "recorded_already", "refused", "unchecked"]


@dataclass(frozen=True, slots=True)
class Checked:
    """One event and what would become of it; `refusals`, `effects` and `warnings` as the service gives
    them."""

    item: Item
    verdict: Verdict
    refusals: list[dict[str, Any]] = field(default_factory=list)
    effects: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)

    def json(self) -> dict[str, Any]:
        return {
            "number": self.item.number,
            "type": self.item.type,
            "verdict": self.verdict,
            "refusals": self.refusals,
            "effects": self.effects,
            "warnings": self.warnings,
        }


def check(client: Client, items: Iterable[Item]) -> Iterator[Checked]:
    """Unchecked: the type names no service. Raise AnswerError, UnreachableError."""
    for item in items:
        if item.type is None:
            yield Checked(item, "refused", [{"code": "malformed", "title": item.fault, "title_fr": item.fault}])
            continue
        service = item.type.partition(".")[0]
        yield _asked(client, service, item) if service in WRITE_SERVICES else Checked(item, "unchecked")


def _asked(client: Client, service: str, item: Item) -> Checked:
    path = f"/{service}/v1/check"
    answer = client.request("POST", path, item.text, {"Content-Type": "application/cloudevents+json"})
    if not answer.is_good:
        return Checked(item, "refused", [_problem(client, path, answer)])
    judged = answer.json()
    verdict: Verdict = "allowed" if judged["allowed"] else "refused"
    if judged.get("recorded_already"):
        verdict = "recorded_already"
    return Checked(item, verdict, judged["refusals"], judged["effects"], judged.get("warnings", []))


def _problem(client: Client, path: str, answer: Answer) -> dict[str, Any]:
    problem = answer.json()
    # Anything else says nothing of the event: the address is wrong, the token, or the suite is ill.
    if answer.status not in JUDGED or not isinstance(problem, dict):
        raise AnswerError(client.url + path, answer)
    return problem


def sentences(refusal: dict[str, Any]) -> Iterator[str]:
    """In French where the service has it: why not with its article, each fault, what would be allowed."""
    article = f" [{refusal['article']}]" if refusal.get("article") else ""
    yield f"{refusal.get('title_fr') or refusal.get('title', '')} ({refusal.get('code', '')}){article}"
    for fault in refusal.get("errors", ()):
        yield f"{fault.get('pointer', '')} {fault.get('message', '')}".strip()
    if refusal.get("detail_fr") or refusal.get("detail"):
        yield str(refusal.get("detail_fr") or refusal["detail"])
