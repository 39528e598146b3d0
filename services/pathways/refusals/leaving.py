"""Why an exit is refused."""

from __future__ import annotations

from shared.deciding.refusals import DomainError


class ExitIdUsedError(DomainError):
    code = "exit_id_used"
    title = "Another exit of this person has this id; void or replace that one"
    title_fr = "Une autre sortie de cette personne porte cet identifiant"


class NextStepEndsBeforeStartError(DomainError):
    code = "next_step_ends_before_start"
    title = "What comes next ends before it starts"
    title_fr = "L'étape suivante finit avant de commencer"
