"""What a decision had seen of other services when it was made, and the answer where that was too little."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.deciding.refusals import DomainError
from shared.process.unavailable import UnavailableError


class NotYetKnownError(UnavailableError):
    """`missing`: services and the position of each that has not been acted upon here yet; null where it cannot be told."""

    code = "not_yet_known"
    title = "What this depends on has been recorded by another service and has not come here yet; send the event again"
    title_fr = "Ce dont dépend la décision n'est pas encore parvenu ici ; renvoyez l'événement"


@dataclass(frozen=True, slots=True)
class Seen:
    """`looked_at`: by service, up to which sequence its facts have been acted upon. `missing`: what was awaited and has
    not come; None where it is not known which sequence."""

    looked_at: Mapping[str, int]
    missing: Mapping[str, int | None]

    def judged(self, refusals: Sequence[DomainError], unacted: Mapping[str, int | None]) -> Sequence[DomainError]:
        """The refusals that stay, each with what its rule had looked at. `unacted`: what is missing beside.

        Raise NotYetKnownError where every one of them may only be for lack of what is missing.
        """
        missing = {**unacted, **self.missing}
        # One certain refusal is enough: what is missing may take others away, but not this one.
        certain = [error for error in refusals if missing.keys().isdisjoint(error.asked)]
        if not certain:
            asked = {service for error in refusals for service in error.asked}
            raise NotYetKnownError(missing=_listed({name: missing[name] for name in missing if name in asked}))
        for error in certain:
            if error.asked:
                error.fields = {
                    **error.fields,
                    "looked_at": {name: self.looked_at.get(name, 0) for name in error.asked},
                }
        return certain


def _listed(missing: Mapping[str, int | None]) -> list[dict[str, str | int | None]]:
    return [{"service": service, "position": position} for service, position in sorted(missing.items())]


def not_yet_known(errors: Iterable[DomainError | None]) -> bool:
    """Whether nothing but what has not come yet stands in the way."""
    found = [error for error in errors if error is not None]
    return bool(found) and all(isinstance(error, NotYetKnownError) for error in found)
