"""Who gives which kind of alert: each kind has one place, and a place gives no other."""

from __future__ import annotations

from collections import Counter
from typing import Any, get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from services.projections.alerts import not_theirs, structure_alerts
from services.projections.alerts.alert import AlertKind
from services.projections.alerts.person_alerts import SOURCES
from services.projections.tables.subject_facts import SubjectFacts
from shared.facts.settle import settle
from tests.services.projections.any_facts import histories
from tests.services.projections.facts import ORDER, PERSON, SETTINGS

BY_THE_VIEW_ALONE: set[AlertKind] = {
    "contract_type_unusual",
    "cdi_inclusion_share",
    "placement_beyond_cap",
    "client_dismissed",
}
"""What only several subjects say together."""


def test_every_kind_is_given_in_one_place() -> None:
    kinds = [kind for source in SOURCES for kind in source.kinds]
    places = Counter([*kinds, *structure_alerts.KINDS, *not_theirs.KINDS, *BY_THE_VIEW_ALONE])
    assert places == Counter(get_args(AlertKind))


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_source_gives_its_own_kinds_alone(data: Any) -> None:
    subject = SubjectFacts(PERSON, settle(data.draw(histories("person")), ORDER), SETTINGS)
    for source in SOURCES:
        assert {alert.kind for alert in source.alerts(subject)} <= set(source.kinds)
