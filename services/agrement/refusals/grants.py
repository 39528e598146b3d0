"""Why the agrement service refuses a fact: one class per rule, its code for ever."""

from __future__ import annotations

from shared.problems import DomainError


class DiagnosisIdUsedError(DomainError):
    code = "diagnosis_id_used"
    title = "Another diagnosis of this person has this id; void or replace that one"
    title_fr = "Un autre diagnostic de cette personne porte cet identifiant"


class AgrementIdUsedError(DomainError):
    code = "agrement_id_used"
    title = "Another agrément of this person has this id; void or replace that one"
    title_fr = "Un autre agrément de cette personne porte cet identifiant"


class AgrementEndsBeforeStartError(DomainError):
    code = "agrement_ends_before_start"
    title = "The agrément's end must be after its first day"
    title_fr = "La fin de l'agrément doit suivre son premier jour"
