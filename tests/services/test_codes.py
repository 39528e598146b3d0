"""Codes have names, French and English, in one list a service; every place that shows codes shows those."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest

from parcours.terminal.wording import EXIT_REASONS, word
from services.agrement.facts.codes import CODES as AGREMENT
from services.agrement.law import tables as agrement_law
from services.pathways.facts.codes import CODES as PATHWAYS
from services.projections.alerts.alert import SEVERITIES, AlertKind
from services.projections.catalogue import CATALOGUE
from services.projections.codes import CODES, ref_codes
from shared.deciding.dated import table
from shared.facts.codes import CodeBook, in_sentence
from shared.facts.fact import Fact
from shared.roles.verdict import RoleState
from shared.web.codes_route import page
from shared.web.problems import MalformedError
from tests.parts.postgres import fresh_database
from tests.shared.intake.running import served
from tests.shared.intake.serve_one import BUILDERS, real_service

TECHNICAL = {
    ("recorded", "duplicate"),
    ("recorded", "duplicate", "refused", "malformed"),
    ("confirmed", "open"),
    ("reference", "day_exact"),
    ("structure", "person"),
    ("kind", "structure"),
    ("to", "from"),
    tuple(get_args(RoleState)),
}
"""Of requests and answers, not of facts: outcomes, confidence, how days or hours are counted, how rows are grouped, how
a role stands."""

OF_THEIR_OWN = {"alerts.py", "agrement_view.py", "timeline.py", "group.py"}
"""Colours, and what is to be done about an alert: no names of codes."""

OPEN_LISTS = {
    "prescriber_kind": "FT ML CAP_EMPLOI DEPT PLIE CCAS CHRS CHU SPIP PJJ ASE CAVA CADA OACAS ODC PENSION PREVENTION "
    "CSAPA CAARUD CIDFF OTHER",
    "education_level": "1 2 3 4 5 6 7 8",
}
SENSITIVE = {"ASE", "CAARUD", "CIDFF", "CSAPA", "PENSION", "PJJ", "PREVENTION", "SPIP"}


def nodes(document: Any) -> Iterator[Mapping[str, Any]]:
    """Every object of a JSON document."""
    if isinstance(document, dict):
        yield document
    for part in document.values() if isinstance(document, dict) else document if isinstance(document, list) else ():
        yield from nodes(part)


@pytest.mark.parametrize("fact", CATALOGUE.facts.values(), ids=lambda fact: fact.type)
def test_no_closed_list_of_a_fact_has_a_code_without_both_names(fact: type[Fact]) -> None:
    """Before, an enum was a list of bare codes."""
    for schema in nodes(fact.model_json_schema()):
        if "enum" in schema and isinstance(schema["enum"], list):
            assert set(schema["x-labels"]) == set(schema["enum"]), schema


def test_the_published_contract_names_every_code_it_lists() -> None:
    files = sorted(Path("docs/contract").rglob("*.json"))
    assert files
    for path in files:
        for schema in nodes(json.loads(path.read_text(encoding="utf-8"))):
            if isinstance(schema.get("enum"), list) and tuple(schema["enum"]) not in TECHNICAL:
                assert set(schema.get("x-labels", ())) == set(schema["enum"]), (path.name, schema["enum"])


def test_every_name_is_said_in_both_languages_and_once() -> None:
    names = ref_codes()
    assert len({(name.domain, name.code) for name in names}) == len(names)
    for name in names:
        for label in (name.label_fr, name.label_en):
            assert label == label.strip()
            assert label[:1].isupper() or label[:1].isdigit(), name
            assert not label.endswith("."), name
        assert name.confidence in ("confirmed", "open")


@pytest.mark.parametrize("book", [*CATALOGUE.codes, CODES])
def test_within_a_list_no_two_codes_have_one_name(book: CodeBook) -> None:
    for domain in {name.domain for name in book.own()}:
        names = book.domain(domain).values()
        assert len({name.label_fr for name in names}) == len({name.label_en for name in names}) == len(names), domain


@pytest.mark.parametrize(("domain", "codes"), OPEN_LISTS.items())
def test_the_open_lists_of_the_trade_have_names(domain: str, codes: str) -> None:
    assert list(PATHWAYS.domain(domain)) == codes.split()
    fields = [schema for fact in CATALOGUE.facts.values() for schema in nodes(fact.model_json_schema())]
    marked = [schema for schema in fields if schema.get("x-domain") == domain]
    assert marked
    assert all("enum" not in schema and set(schema["x-labels"]) == set(codes.split()) for schema in marked)


def test_a_prescriber_that_tells_of_a_situation_says_so() -> None:
    kinds = PATHWAYS.domain("prescriber_kind").values()
    assert {kind.code for kind in kinds if kind.category == "sensitive"} == SENSITIVE


def test_exit_reasons_are_named_in_the_manner_of_the_asp() -> None:
    reasons = PATHWAYS.domain("exit_reason")
    assert reasons["3"].label_fr == "Embauche en CDI non aidé par un autre employeur"
    assert reasons["10"].label_fr == "Embauche en CDD non aidé de moins de 6 mois par un autre employeur"
    assert {code for code, name in reasons.items() if name.confidence == "confirmed"} == {"2", "96"}
    assert (reasons["3"].category, reasons["8"].category) == ("durable", "other")


@pytest.mark.parametrize(
    ("domain", "law"),
    [
        ("suspension_reason", "suspension_reasons"),
        ("prolongation_reason", "prolongation_reasons"),
        ("deny_reason", "deny_reasons"),
        ("criterion", "criteria"),
        ("agrement_origin", "origins"),
    ],
)
def test_a_dated_list_has_a_name_for_each_code_of_the_law_and_its_days(domain: str, law: str) -> None:
    names, rows = AGREMENT.domain(domain), table(agrement_law.FOLDER, law)
    assert set(names) == {row["code"] for row in rows}
    for code, name in names.items():
        bounds = [(row["valid_from"], row["valid_to"]) for row in rows if row["code"] == code]
        assert name.valid_from in {first for first, _ in bounds}
        assert name.valid_to in {last for _, last in bounds}


def test_a_cta_is_the_comite_technique_d_animation() -> None:
    """Before, `situation entre employeurs d'un même groupe`."""
    assert "comité technique d'animation" in AGREMENT.label("suspension_reason", "APPROVAL_BETWEEN_CTA_MEMBERS", "fr")


def test_alerts_have_names() -> None:
    assert set(CODES.domain("alert_kind")) == set(get_args(AlertKind))
    assert set(CODES.domain("alert_severity")) == set(SEVERITIES)


def test_a_code_without_a_name_is_shown_itself_and_accepted() -> None:
    assert PATHWAYS.label("prescriber_kind", "NEW_ONE", "fr") == "NEW_ONE"
    received = CATALOGUE.facts["pathways.received.v1"]
    assert received(**{**received.example, "prescriber_kind": "NEW_ONE"}).model_dump()["prescriber_kind"] == "NEW_ONE"


@pytest.mark.parametrize(
    ("label", "within"),
    [
        ("Contrat de travail rompu", "contrat de travail rompu"),
        ("CDI conclu à 57 ans ou plus", "CDI conclu à 57 ans ou plus"),
        ("50 ans et plus", "50 ans et plus"),
        ("France Travail", "France Travail"),
        ("À venir", "à venir"),
        ("L'IAE ne correspond plus", "l'IAE ne correspond plus"),
    ],
)
def test_a_name_within_a_sentence(label: str, within: str) -> None:
    assert in_sentence(label) == within


def test_codes_come_in_pages() -> None:
    names = list(PATHWAYS.all())
    found: list[Any] = []
    after: str | None = None
    while True:
        shown = page(names, None, after, 50)
        found += shown.items
        after = shown.next
        if after is None:
            break
    assert found == [name.json() for name in names]
    assert [item["code"] for item in page(names, "sex", None, 50).items] == ["F", "M"]
    for domain, cursor in (("nothing", None), (None, "x"), ("sex", page(names, None, None, 1).next)):
        with pytest.raises(MalformedError):
            page(names, domain, cursor, 50)


@pytest.mark.parametrize("service", BUILDERS)
def test_a_service_tells_the_names_of_its_codes(service: str, postgres_server: str) -> None:
    with fresh_database(postgres_server) as url, served(real_service(service, url)) as running:
        body = running.client.get(f"/{service}/v1/codes", params={"limit": 1000}).json()
        assert body["next"] is None
        marked = {
            schema["x-domain"]
            for item in running.client.get(f"/{service}/v1/event-types").json()
            for schema in nodes(item["schema"])
            if "x-domain" in schema
        }
        assert marked <= {item["domain"] for item in body["items"]}
        (first, *_) = body["items"]
        assert set(first) == {
            "domain", "code", "label_fr", "label_en", "category", "valid_from", "valid_to", "confidence"
        }  # fmt: skip
        asked = running.client.get(f"/{service}/v1/codes", params={"domain": first["domain"]}).json()
        assert {item["domain"] for item in asked["items"]} == {first["domain"]}
        assert running.client.get(f"/{service}/v1/codes", params={"domain": "none"}).status_code == 422


def test_the_terminal_has_no_list_of_words_of_its_own() -> None:
    """Before, `wording.py` held a second list of French words for the same codes."""
    for path in sorted(Path("parcours/terminal").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Dict):
                keys = {key.value for key in node.keys if isinstance(key, ast.Constant)}
                named = {name.domain for name in ref_codes() if name.code in keys}
                texts = [value.value for value in node.values if isinstance(value, ast.Constant)]
                assert not keys or not named or path.name in OF_THEIR_OWN, (path.name, texts)


def test_a_word_of_the_terminal_is_the_name_of_the_code() -> None:
    assert word(EXIT_REASONS, "3") == "embauche en CDI non aidé par un autre employeur"
    assert word(EXIT_REASONS, "77") == "77"
