"""The table of services: every name of it is built, any other is an error that says which there are."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from parcours import parts
from services.projections.catalogue import SERVICES
from shared.process.metrics import Metrics
from shared.process.settings import Settings, SettingsError
from shared.web.callers import LocalCallers

SETTINGS = Settings(database_url="postgresql://127.0.0.1:1/none", reference_key=SecretStr("of these tests alone"))


def test_every_service_whose_facts_are_read_is_in_the_table() -> None:
    assert list(parts.WRITE_SERVICES) == list(SERVICES)


@pytest.mark.parametrize("name", parts.REACTING)
def test_who_records_because_of_others_reads_itself_and_services_of_the_table(name: str) -> None:
    service = parts.REACTING[name](SETTINGS)
    assert service.name == name
    assert (name in service.reads) == (service.policy is not None)
    assert set(service.reads) <= set(parts.WRITE_SERVICES)


@pytest.mark.parametrize("name", ["structure", "projections", "xyz"])
def test_a_name_that_is_no_write_service_is_an_error_that_lists_them(name: str) -> None:
    known = "agrement, pathways, placements, structures"
    with pytest.raises(SettingsError, match=f"{name}; there are {known}"):
        parts.write_service(name, SETTINGS, LocalCallers(), Metrics())
    with pytest.raises(SettingsError, match=known), parts.relay(SETTINGS, name, Metrics()):
        pass
