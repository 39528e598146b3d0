"""What the refusals of this service share: they say what would be allowed instead, and which facts nobody may judge."""

from __future__ import annotations

from typing import Any, ClassVar

from shared.problems import DomainError, plain


class AgrementRuleError(DomainError):
    """A refusal with a second sentence, filled with its fields: what would be allowed."""

    instead: ClassVar[str] = ""
    instead_fr: ClassVar[str] = ""

    def problem(self) -> dict[str, Any]:
        said = {"detail": self.instead, "detail_fr": self.instead_fr}
        return super().problem() | {name: text for name, text in map(self._filled, said.items()) if text}

    def _filled(self, said: tuple[str, str]) -> tuple[str, str]:
        name, template = said
        known = {field: _readable(value) for field, value in self.fields.items() if value is not None}
        try:
            return name, template.format_map(known)
        except KeyError:  # a field that is not known leaves the sentence out
            return name, ""


def _readable(value: Any) -> Any:
    shown = plain(value)
    return ", ".join(map(str, shown)) if isinstance(shown, list) else shown


class OwnFactError(AgrementRuleError):
    code = "own_fact"
    title = "Only the service itself says this; it follows from other facts"
    title_fr = "Seul le service lui-même énonce ce fait, qui découle d'autres faits"


class AgrementUnknownError(AgrementRuleError):
    code = "agrement_unknown"
    title = "This person has no agrément with this id"
    title_fr = "Cette personne n'a pas d'agrément portant cet identifiant"


class AgrementAlreadyCancelledError(AgrementRuleError):
    code = "agrement_already_cancelled"
    title = "This agrément was cancelled; nothing more can happen to it"
    title_fr = "Cet agrément a été annulé : plus rien ne peut lui arriver"


class AgrementAlreadyClosedError(AgrementRuleError):
    code = "agrement_already_closed"
    title = "This agrément was closed before its term; nothing moves its end any more"
    title_fr = "Cet agrément a été clos avant son terme : plus rien ne déplace sa fin"
    article = "R5132-1-3"
    instead = "It ended on {closed_on}."
    instead_fr = "Il a pris fin le {closed_on}."
