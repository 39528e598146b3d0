"""A person is forgotten (docs/adr/0045)."""

from __future__ import annotations

from typing import ClassVar

from shared.facts import erasing


class PersonErased(erasing.PersonErased):
    """The person is forgotten, under all its ids: nothing more is recorded about it, and what was is emptied. A data steward
    says it of one id, the service of the others. `ground`: an open code. Source: GDPR article 17."""

    type: ClassVar[str] = "pathways.person_erased.v1"
