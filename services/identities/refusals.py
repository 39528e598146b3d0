"""Why names are not taken: one class a rule, its code for ever. Malformed names are `malformed`, place by place."""

from __future__ import annotations

from shared.deciding.refusals import DomainError


class SayerNeededError(DomainError):
    code = "sayer_needed"
    title = "Names are what one structure says; say which"
    title_fr = "Un nom est ce qu'une structure déclare ; indiquez laquelle"
    instead = "Name it in `Acting-For: structure/<id>`."
    instead_fr = "Indiquez-la dans « Acting-For: structure/<id> »."
    status = 422


class TooManyNamesError(DomainError):
    """`most_names`: how many names one structure keeps."""

    code = "too_many_names"
    title = "Your structure keeps as many names as it may"
    title_fr = "Votre structure conserve déjà autant de noms qu'elle le peut"
    instead = "[At most {most_names:name}. ]Delete those of persons whom you have not followed for long."
    instead_fr = (
        "[Au plus {most_names:nom}. ]Supprimez ceux des personnes que vous n'accompagnez plus depuis longtemps."
    )


class MergedPersonsError(DomainError):
    code = "merged_persons"
    title = "Both are one person, as a data steward said"
    title_fr = "Les deux ne font qu'une personne, selon un responsable des données"
    instead = "Split them first (`persons_split`), where they are two."
    instead_fr = "Séparez-les d'abord (« persons_split »), s'il s'agit de deux personnes."
