"""A person is forgotten here too, because pathways says so (docs/adr/0045)."""

from __future__ import annotations

from typing import ClassVar

from shared.facts import erasing


class PersonErased(erasing.PersonErasedHere):
    """The person is forgotten: nothing more is recorded about it here, and what was is emptied. It follows from what a data
    steward said in pathways. Source: GDPR article 17."""

    type: ClassVar[str] = "placements.person_erased.v1"
