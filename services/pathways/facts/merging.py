"""Two ids that turn out to be one person, and one that turns out not to be; a data steward says it (docs/adr/0036)."""

from __future__ import annotations

from typing import ClassVar

from shared.facts import merging


class PersonsMerged(merging.PersonsMerged):
    """The person and the one named by `into` are one; what is recorded of both is told under the latter's id."""

    type: ClassVar[str] = "pathways.persons_merged.v1"


class PersonsSplit(merging.PersonsSplit):
    """A merge of the person holds no more; each of the two has again what was recorded of it."""

    type: ClassVar[str] = "pathways.persons_split.v1"
