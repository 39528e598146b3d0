"""As which of its structures a caller reads: the one it names, never all of them together."""

from __future__ import annotations

import pytest

from shared.rights.caller import LOCAL, Caller
from shared.rights.refusals import ActingForMissingError, NotActingForError, RoleUnknownError

A, B, C = "a", "b", "c"
ONE = Caller("structure", structures=frozenset([A]))
TWO = Caller("structure", frozenset(["urn:s"]), frozenset([A, B]))


def test_a_token_of_several_structures_names_one() -> None:
    for named in (f"structure/{A}", A, f" structure/{A.upper()} "):
        assert TWO.acting_for(named) == Caller("structure", frozenset(["urn:s"]), frozenset([A]))
    with pytest.raises(ActingForMissingError):
        TWO.acting_for("")


@pytest.mark.parametrize("named", [C, f"structure/{C}", f"{A}, {B}", "structure/", "person/a", "*", "role/staff"])
def test_nobody_acts_for_another(named: str) -> None:
    for caller in (ONE, TWO, Caller("staff")):
        with pytest.raises(NotActingForError):
            caller.acting_for(named)


def test_who_has_one_structure_or_none_names_none() -> None:
    assert ONE.acting_for("") is ONE
    assert ONE.acting_for(f"structure/{A}") is ONE
    assert Caller("staff").acting_for("") == Caller("staff")


def test_the_local_caller_acts_for_nobody_and_has_everything() -> None:
    for named in ("", f"structure/{A}", "nonsense"):
        assert LOCAL.acting_for(named) is LOCAL
    LOCAL.check_role()
    assert LOCAL.speaks_for("urn:anything")


def test_a_role_that_is_unknown_is_none() -> None:
    for role in ("", "local", "admin"):
        with pytest.raises(RoleUnknownError):
            Caller(role).check_role()
