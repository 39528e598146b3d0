"""What is taken as a name, and what is refused without being quoted."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identities.names import Names, looks_like_nir, names_of
from shared.web.problems import Fault

TODAY = date(2026, 3, 2)
GOOD = {"family_name": "Exemple", "given_names": "Camille Jeanne", "birth_date": "1990-12-31"}


def faults_of(value: Any) -> list[tuple[str, str]]:
    found = names_of(value, TODAY)
    assert isinstance(found, list)
    return [(fault.pointer, fault.code) for fault in found]


@pytest.mark.parametrize(
    "name",
    [
        "Exemple",
        "N'Diaye",
        "d’Ormesson",
        "Le Goff-Martin",
        "Nguyễn",
        "Łukasz",
        "محمد",
        "Ο'Νιλ",
        "王",
        "Saint-J.",
        "Jean, Paul",
    ],
)
def test_names_are_taken(name: str) -> None:
    found = names_of({**GOOD, "family_name": name, "given_names": name}, TODAY)
    assert isinstance(found, Names)
    assert found.family_name == name


def test_spaces_are_single_and_letters_composed() -> None:
    found = names_of({**GOOD, "family_name": "  Exe\u0301mple   Martin "}, TODAY)
    assert isinstance(found, Names)
    assert found.family_name == "Exémple Martin"


NIRS = [
    "1900799123456",
    "2 90 12 75 123 456 78",
    "190072A123456",
    "1 90 07 2B 123 456",
    "1.90.07.99.123.456",
    "1-90-07-99-123-456-78",
    "\uff11\uff19\uff10\uff10\uff17\uff19\uff19\uff11\uff12\uff13\uff14\uff15\uff16",  # full-width
    "7900799123456",
    "Exemple 1900799123456",
]


@pytest.mark.parametrize("nir", NIRS)
@pytest.mark.parametrize("field", ["family_name", "given_names"])
def test_what_is_shaped_like_a_nir_is_refused_in_every_field(field: str, nir: str) -> None:
    assert faults_of({**GOOD, field: nir}) == [(f"/{field}", "nir")]
    assert faults_of({**GOOD, "birth_date": nir}) == [("/birth_date", "bad_day")]
    assert faults_of({**GOOD, nir: "x"}) == [("", "unknown_field")]


@given(st.from_regex(r"[1-478][0-9]{2}(0[1-9]|1[0-2])(2[AB]|[0-9]{2})[0-9]{6}([0-9]{2})?", fullmatch=True), st.data())
def test_a_nir_in_any_grouping(nir: str, data: st.DataObject) -> None:
    parts = data.draw(
        st.lists(st.sampled_from(["", " ", ".", "-", " - ", "\u00a0"]), min_size=len(nir), max_size=len(nir))
    )
    text = "".join(one + part for one, part in zip(nir, parts, strict=True))
    assert looks_like_nir(text)
    assert ("/given_names", "nir") in faults_of({**GOOD, "given_names": text[:100]}) or len(text) > 100


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("Exemple 2", "number"),
        ("Exemple Ⅳ", "bad_character"),
        ("Exemple²", "number"),
        ("Exem\x00ple", "control_character"),
        ("Exem\nple", "control_character"),
        ("Exem\u202eple", "control_character"),
        ("Exem\u200dple", "bad_character"),  # joins, and shows nothing
        ("Exem\ufe0fple", "control_character"),
        ("\u3164", "control_character"),
        ("Exemple\U0001f600", "bad_character"),
        ("<b>", "bad_character"),
        ("a@b", "bad_character"),
        ("-", "empty"),
        ("", "empty"),
        ("a" + "\u0301" * 5, "bad_character"),
        ("a" * 101, "too_long"),
        (12, "not_text"),
        (None, "not_text"),
    ],
)
def test_what_is_no_name_is_refused(value: Any, code: str) -> None:
    assert faults_of({**GOOD, "family_name": value}) == [("/family_name", code)]


@pytest.mark.parametrize(
    "day", ["1990-02-30", "1899-12-31", "2026-03-03", "19901231", "1990-12-31T00:00", "٢٠٢٠-01-01", 1, None]
)
def test_what_is_no_birth_date_is_refused(day: Any) -> None:
    assert faults_of({**GOOD, "birth_date": day}) == [("/birth_date", "bad_day")]


def test_the_whole_is_given() -> None:
    assert faults_of({}) == [(f"/{name}", "missing") for name in GOOD]
    assert faults_of([]) == [("", "not_an_object")]


@given(st.text(min_size=4, max_size=120), st.sampled_from([*GOOD, "other"]))
def test_no_refusal_quotes_what_was_sent(text: str, field: str) -> None:
    sent = {**GOOD, field: text} if field != "other" else {**GOOD, text: "x"}
    found = names_of(sent, TODAY)
    if isinstance(found, list):
        assert all(isinstance(fault, Fault) for fault in found)
        told = " ".join(f"{fault.pointer} {fault.code} {fault.message}" for fault in found)
        assert text not in told or (text.isascii() and text.replace("_", "").isalpha())
