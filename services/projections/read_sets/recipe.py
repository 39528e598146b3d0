"""What rows are made by, a version of the code and some settings; and who may write to a read set because of that.

Rows of two recipes in one read set would be rows of two rules side by side. So a process writes only to a read set of
its own recipe. Which of two recipes gives way is decided by the version alone: the lower one, whatever starts first or
is started again by a supervisor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from services.projections.rows_version import ROWS_VERSION
from services.projections.tables.subject_facts import ProjectionSettings
from shared.process.settings import SuspensionCounting

NO_VERSION = 0
"""Of read sets from before there were versions: older than all code that knows of them."""


class ReadSetError(Exception):
    """The read set asked for cannot be used so; the message says what to do."""


class StoppedError(ReadSetError):
    """The read model belongs to other rules than this process has: it writes nothing, and nobody should start it again
    in the hope of something else."""


class OlderCodeError(StoppedError):
    def __init__(self, version: int, newer: int, name: str) -> None:
        super().__init__(
            f"this is code of version {version}; the read model is of version {newer} (read set {name}): nothing is"
            f" written; deploy code of version {newer} or newer"
        )


class OtherSettingsError(StoppedError):
    """`differences`: as `Recipe.differences` says them."""

    def __init__(self, name: str, differences: str) -> None:
        super().__init__(
            f"read set {name} was made with other settings ({differences}): nothing is written; give every process the"
            " settings of the read set, or make new rows with these ones: `parcours projections rebuild`, then"
            " `parcours projections promote`"
        )


class FailuresError(StoppedError):
    """More subjects cannot be folded into a read set than may be: people would see less of them.

    `first`: the error of one of them, of which the type is told: the rest may quote a fact, and anybody reads readiness.
    """

    def __init__(self, name: str, count: int, first: str) -> None:
        subjects = "1 subject" if count == 1 else f"{count} subjects"
        super().__init__(
            f"{subjects} cannot be folded into read set {name} ({first.partition(':')[0]}): mend the code and rebuild,"
            f" which names them; or `parcours projections promote {name} --with-failures`: they keep the rows they have"
            " now, and are shown as incomplete"
        )


class NotCurrentYetError(StoppedError):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"read set {name} has the rows of this code and is not current yet: wait until it is built, or `parcours"
            f" projections promote {name}`"
        )


class ShapeError(StoppedError):
    """`differences`: views of which a column would go, move or become another one."""

    def __init__(self, version: int, differences: Sequence[str]) -> None:
        super().__init__(
            f"schema bi keeps its columns, since others build upon them, and code of version {version} has other ones"
            f" ({'; '.join(differences)}): nothing is promoted; deploy code that only adds columns, or drop these views"
            " with what stands upon them and promote again"
        )


class OutdatedError(ReadSetError):
    """The current read set is older than this code, which makes its own when it starts (`building.ensure_current`)."""

    def __init__(self, version: int, name: str | None, older: int) -> None:
        found = f"read set {name} is of version {older}" if name else "there is no read set yet"
        super().__init__(f"this is code of version {version}; {found}: start the projector again, it makes its own")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What rows are made by. `project` takes it as its settings."""

    version: int
    step_gap_days: int
    handover_days: int
    suspension_counting: SuspensionCounting

    @classmethod
    def of(cls, settings: ProjectionSettings, version: int = ROWS_VERSION) -> Self:
        return cls(version, settings.step_gap_days, settings.handover_days, settings.suspension_counting)

    @property
    def settings(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "version"}

    def made(self, version: int, settings: Mapping[str, Any]) -> bool:
        """Whether rows of that version and settings are rows of this recipe."""
        return version == self.version and not self.differences(settings)

    def differences(self, settings: Mapping[str, Any]) -> str:
        """Which settings are other ones, with both values; empty where none is."""
        return ", ".join(
            f"{name} {settings.get(name)} there, {value} here"
            for name, value in self.settings.items()
            if settings.get(name) != value
        )
