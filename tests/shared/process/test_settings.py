"""Settings: what the environment may say, and how a mistake in it is told."""

import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from shared.process.settings import (
    MASK,
    SERVICES,
    Settings,
    SettingsError,
    describe,
    libpq_url,
    load_settings,
    unknown_variables,
)


@pytest.fixture(autouse=True)
def _no_settings_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("PARCOURS_")]:
        monkeypatch.delenv(name)


def test_without_any_variable_a_laptop_needs_nothing() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.data_dir) == ("127.0.0.1", 8000, Path(".parcours"))
    assert settings.database_url is None
    assert settings.kafka_bootstrap is None


def test_a_variable_is_read_and_an_override_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARCOURS_PORT", "9000")
    monkeypatch.setenv("PARCOURS_TOPIC_PARTITIONS", "12")
    settings = load_settings(port=9001, host=None)
    assert (settings.port, settings.topic_partitions, settings.host) == (9001, 12, "127.0.0.1")


def test_a_file_named_env_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PARCOURS_PORT=1\n")
    monkeypatch.chdir(tmp_path)
    assert load_settings().port == 8000


def test_an_empty_variable_is_an_absent_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARCOURS_KAFKA_BOOTSTRAP", "")
    monkeypatch.setenv("PARCOURS_DATABASE_URL", " ")
    settings = load_settings()
    assert settings.kafka_bootstrap is None
    assert settings.database_url is None


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg", "postgres"])
def test_a_database_address_becomes_one_of_libpq(scheme: str) -> None:
    assert libpq_url(f"{scheme}://u:p@h:5432/d?sslmode=require") == "postgresql://u:p@h:5432/d?sslmode=require"


def test_faults_are_told_one_a_line_by_variable_without_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARCOURS_PORT", "eight")
    monkeypatch.setenv("PARCOURS_DATABASE_URL", "mysql://root:hunter2@h/d")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    lines = str(caught.value).splitlines()
    assert [line.split(":")[0] for line in lines] == ["PARCOURS_DATABASE_URL", "PARCOURS_PORT"]
    assert "hunter2" not in str(caught.value)
    assert "postgresql://" in lines[0]


def test_a_service_uses_its_own_database_or_the_common_one() -> None:
    settings = Settings(database_url="postgresql://all/p", pathways_database_url="postgresql+psycopg://own/p")
    assert settings.database_url_of("pathways") == "postgresql://own/p"
    assert {settings.database_url_of(s) for s in SERVICES if s != "pathways"} == {"postgresql://all/p"}


def test_a_service_without_database_says_which_variables_give_one() -> None:
    with pytest.raises(SettingsError, match="PARCOURS_AGREMENT_DATABASE_URL"):
        Settings().database_url_of("agrement")


def test_an_unknown_service_is_refused() -> None:
    with pytest.raises(SettingsError, match="no service is called billing"):
        Settings().database_url_of("billing")


def test_a_service_elsewhere_has_a_base_address_without_final_slash() -> None:
    settings = Settings(agrement_url="https://a.example/base/")
    assert settings.url_of("agrement") == "https://a.example/base"
    assert settings.url_of("pathways") is None


def test_the_description_hides_secrets_and_passwords() -> None:
    settings = Settings(
        reference_key=SecretStr("hunter2"),
        database_url="postgresql://u:hunter2@h/d",
        pathways_database_url="postgresql:///d?host=h&password=hunter2",
    )
    rows = {row.name: row for row in describe(settings)}
    assert "hunter2" not in str(rows)
    assert rows["PARCOURS_REFERENCE_KEY"].value == MASK
    assert rows["PARCOURS_DATABASE_URL"].value == f"postgresql://u:{MASK}@h/d"
    assert not rows["PARCOURS_DATABASE_URL"].is_default
    assert rows["PARCOURS_PORT"].is_default


def test_every_setting_has_a_meaning() -> None:
    assert [row.name for row in describe(Settings()) if not row.meaning] == []


def test_unknown_variables_are_told_with_the_nearest_name() -> None:
    environ = {
        "PARCOURS_PROT": "1",
        "PARCOURS_PORT": "1",
        "PARCOURS_ZZZZZZZZ": "",
        "PARCOURS_TEST_REQUIRE": "kafka",
        "HOME": "/",
    }
    assert unknown_variables(environ) == {"PARCOURS_PROT": "PARCOURS_PORT", "PARCOURS_ZZZZZZZZ": None}
