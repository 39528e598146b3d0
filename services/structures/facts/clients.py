"""Facts of `client/<id>`: with whom persons are placed."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from services.structures.facts.bodies import Department, LegalName, Siret
from services.structures.facts.codes import CODES
from shared.facts.fact import Code, Day, Fact, Visibility
from shared.facts.saying import SUBJECT, Said, Thing, structure

ClientKind = Annotated[
    Literal["company", "household", "nonprofit", "public_industrial", "public_administrative", "local_authority"],
    CODES.named("client_kind"),
]


class ClientFact(Fact):
    """A fact of `client/<id>`: somebody with whom persons are placed."""

    subjects: ClassVar[tuple[str, ...]] = ("client",)
    visibility: ClassVar[Visibility] = Visibility.PUBLIC
    said: ClassVar[Said] = Said(by=(structure(),), about=(Thing("client", SUBJECT),))


class ClientRegistered(ClientFact):
    """A client exists. A household has neither name nor SIRET here. `structure_id`: the client is itself a structure."""

    type: ClassVar[str] = "structures.client_registered.v1"
    occurred_on_field: ClassVar[str] = "registered_on"
    said: ClassVar[Said] = Said(by=(structure(),), makes=(Thing("client", SUBJECT),))
    example: ClassVar[dict[str, Any]] = {
        "name": "Menuiserie du Val",
        "kind": "company",
        "siret": "35600000000048",
        "department": "39",
        "registered_on": "2023-09-01",
    }
    kind: ClientKind  # before name and siret, whose checks read it
    name: LegalName | None = None
    siret: Siret | None = None
    structure_id: UUID | None = None
    department: Department | None = None
    registered_on: Day

    @field_validator("name", "siret")
    @classmethod
    def _not_of_a_household(cls, value: str | None, info: ValidationInfo) -> str | None:
        return _of_a_legal_body(value, info)


class ClientChanged(ClientFact):
    """From `changed_on` the given fields have a new value; those left out keep theirs."""

    type: ClassVar[str] = "structures.client_changed.v1"
    occurred_on_field: ClassVar[str] = "changed_on"
    example: ClassVar[dict[str, Any]] = {"changed_on": "2024-02-01", "kind": "nonprofit", "siret": "73282932000074"}
    changed_on: Day
    kind: ClientKind | None = None
    siret: Siret | None = None
    structure_id: UUID | None = None

    @field_validator("siret")
    @classmethod
    def _not_of_a_household(cls, value: str | None, info: ValidationInfo) -> str | None:
        return _of_a_legal_body(value, info)


class EconomicDismissalDeclared(ClientFact):
    """The client dismissed for economic reasons on this occupation; it may take no placement there for six months.

    Source: L5132-7 (AI). `occupation_code`: ROME, or an open code.
    """

    type: ClassVar[str] = "structures.economic_dismissal_declared.v1"
    occurred_on_field: ClassVar[str] = "declared_on"
    example: ClassVar[dict[str, Any]] = {"declared_on": "2024-03-15", "occupation_code": "K2204"}
    declared_on: Day
    occupation_code: Annotated[Code, Visibility.GROUP]


def _of_a_legal_body(value: str | None, info: ValidationInfo) -> str | None:
    if value is not None and info.data.get("kind") == "household":
        raise PydanticCustomError("household_is_nameless", "a household has neither name nor SIRET here")
    return value
