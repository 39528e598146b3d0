"""Settings: PARCOURS_… environment variables, nothing else (no .env file, no configuration file)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "PARCOURS_"
TEST_PREFIX = "PARCOURS_TEST_"
SERVICES = ("structures", "pathways", "agrement", "placements", "projections", "identities")
MASK = "***"

LogLevel = Literal["debug", "info", "warning", "error"]
SuspensionCounting = Literal["reference", "day_exact"]
CapScope = Literal["structure", "person"]


class SettingsError(Exception):
    """One readable line per fault; `str()` is what the command line prints."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def libpq_url(text: str) -> str:
    """The address as psycopg takes it: `postgresql+psycopg://` and `postgres://` become `postgresql://`."""
    scheme, separator, rest = text.strip().partition("://")
    if not separator or scheme not in {"postgresql", "postgresql+psycopg", "postgres"}:
        raise ValueError("must look like postgresql://user:password@host:5432/database")
    return f"postgresql://{rest}"


def _base_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http or https address")
    return text.rstrip("/")


_HOST_NAME = re.compile(r"[A-Za-z0-9._-]{1,253}|\[?[0-9A-Fa-f:.]{2,45}\]?")


def _host_names(text: str) -> str:
    if not all(_HOST_NAME.fullmatch(name.strip()) for name in text.split(",")):
        raise ValueError("must be names or addresses with commas between, each without http:// and without a port")
    return text


def _absent_when_empty(value: object) -> object:
    """`PARCOURS_KAFKA_BOOTSTRAP=` in a compose file means "not set", not "an empty address"."""
    return None if isinstance(value, str) and not value.strip() else value


Absent = BeforeValidator(_absent_when_empty)
DatabaseUrl = Annotated[str | None, Absent, AfterValidator(lambda url: url and libpq_url(url))]
BaseAddress = Annotated[str | None, Absent, AfterValidator(lambda url: url and _base_address(url))]
HostNames = Annotated[str | None, Absent, AfterValidator(lambda text: text and _host_names(text))]
OptionalText = Annotated[str | None, Absent]
OptionalPort = Annotated[int | None, Absent]


class Settings(BaseSettings):
    """Read once, where a process starts, and passed in; tests build it with `Settings(name=value)`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    database_url: DatabaseUrl = Field(None, description="PostgreSQL of every service; absent: embedded, in data_dir")
    data_dir: Path = Field(Path(".parcours"), description="folder of the embedded database and of generated keys")
    structures_database_url: DatabaseUrl = Field(None, description="database of structures alone")
    pathways_database_url: DatabaseUrl = Field(None, description="database of pathways alone")
    agrement_database_url: DatabaseUrl = Field(None, description="database of agrement alone")
    placements_database_url: DatabaseUrl = Field(None, description="database of placements alone")
    projections_database_url: DatabaseUrl = Field(None, description="database of projections alone")
    identities_database_url: DatabaseUrl = Field(None, description="database of identities alone")

    kafka_bootstrap: OptionalText = Field(None, description="host:port, more with commas; absent: stores are read")
    topic_prefix: str = Field(
        "parcours", pattern=r"^[a-zA-Z0-9._-]{1,200}$", description="topics are <prefix>.<service>"
    )
    topic_partitions: int = Field(6, ge=1, le=1000, description="partitions of a topic when created")
    topic_replication: int = Field(1, ge=1, le=10, description="replicas of a topic when created")
    topic_retention_days: int = Field(30, ge=1, le=3650, description="how long topics keep facts; stores keep them all")

    jwt_keys: OptionalText = Field(None, description="JWKS, a file or an https address; absent: local callers only")
    jwt_issuer: OptionalText = Field(
        None, description="required value of the claim iss; needed by another address than a local one"
    )
    jwt_audience: OptionalText = Field(
        None, description="required value of the claim aud; needed by another address than a local one"
    )
    reference_key: Annotated[SecretStr | None, Absent] = Field(
        None, description="key of the hashes of persons' references; absent: generated into data_dir when embedded"
    )
    identity_key: Annotated[SecretStr | None, Absent] = Field(
        None, description="keys of names as id:base64, the first in use; absent: generated into data_dir when embedded"
    )
    erasure_ledger: Annotated[Path | None, Absent] = Field(
        None, description="file of who is forgotten, outside databases and backups; absent: in data_dir when embedded"
    )

    agrement_prefix: str = Field(
        "XXXXX", pattern=r"^[A-Z0-9]{5}$", description="first 5 characters of agrément numbers"
    )
    suspension_counting: SuspensionCounting = Field(
        "reference", description="how suspended days prolong an agrément: reference, or day_exact"
    )
    ai_cap_scope: CapScope = Field(
        "structure", description="hours lent to companies are capped by AI (structure), or across AIs (person)"
    )
    step_gap_days: int = Field(30, ge=0, le=3650, description="longest gap between contracts of one step")
    handover_days: int = Field(60, ge=0, le=3650, description="longest time between two structures of a hand-over")

    host: str = Field("127.0.0.1", min_length=1, description="address to listen on; another than local needs jwt_keys")
    hosts: HostNames = Field(
        None, description="names it is asked by (Host), with commas, beside local ones; needed off the machine"
    )
    port: int = Field(8000, ge=0, le=65535, description="port to listen on; 0: any free one")
    ops_port: OptionalPort = Field(
        None,
        ge=0,
        le=65535,
        description="port of readiness and metrics, which the other then has not; absent: one for all",
    )
    structures_url: BaseAddress = Field(None, description="base address of structures, when it runs elsewhere")
    pathways_url: BaseAddress = Field(None, description="base address of pathways, when it runs elsewhere")
    agrement_url: BaseAddress = Field(None, description="base address of agrement, when it runs elsewhere")
    placements_url: BaseAddress = Field(None, description="base address of placements, when it runs elsewhere")
    projections_url: BaseAddress = Field(None, description="base address of projections, when it runs elsewhere")
    identities_url: BaseAddress = Field(None, description="base address of identities, when it runs elsewhere")

    projection_cache_facts: int = Field(200_000, ge=0, description="decoded facts kept in memory, about 1.9 kB each")
    verify_every_hours: float = Field(
        24, ge=0, le=8760, description="hours between two verifications in the projector; 0: none"
    )
    reads_kept_months: int = Field(12, ge=1, le=120, description="months that the log of reads is kept")
    poll_max_records: int = Field(40_000, ge=1, le=1_000_000, description="most records taken from a feed at once")
    quota_requests: int = Field(
        6_000, ge=0, le=10_000_000, description="requests one caller may make of a process in a minute; 0: any number"
    )
    quota_facts: int = Field(
        240_000,
        ge=0,
        le=100_000_000,
        description="facts one caller, and one source, may send to a service in a minute; 0: any",
    )
    quota_at_once: int = Field(
        125,
        ge=0,
        le=100_000,
        description="requests of one caller that a process answers at once, of 500; 0: any number",
    )
    query_timeout_s: float = Field(
        30, ge=0, le=3_600, description="longest question of the query API to its database, in seconds; 0: no limit"
    )
    group_wait_ms: float = Field(
        8.0,
        ge=0,
        le=1000,
        description="most milliseconds from one commit to the next while several callers ask at once",
    )

    log_level: LogLevel = Field("info", description="debug, info, warning or error")
    log_json: bool = Field(False, description="one JSON object a line, for machines")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings

    @property
    def host_names(self) -> tuple[str, ...]:
        """Those of `hosts`, each by itself."""
        return tuple(name.strip() for name in (self.hosts or "").split(",") if name.strip())

    @property
    def names_a_database(self) -> bool:
        """Of any service; else the embedded one is meant."""
        return bool(self.database_url or any(self._override(name, "database_url") for name in SERVICES))

    def database_url_of(self, service: str) -> str:
        """The service's own database, else the common one. Raise SettingsError when neither is set."""
        if url := self._override(service, "database_url") or self.database_url:
            return url
        raise SettingsError(
            f"{service} has no database: set {PREFIX}DATABASE_URL or {PREFIX}{service.upper()}_DATABASE_URL"
        )

    def url_of(self, service: str) -> str | None:
        """Base address without a final slash, or None when the service runs in the same place."""
        return self._override(service, "url")

    def _override(self, service: str, name: str) -> str | None:
        if service not in SERVICES:
            raise SettingsError(f"no service is called {service}; there are {', '.join(SERVICES)}")
        value: str | None = getattr(self, f"{service}_{name}")
        return value


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One line of `parcours settings`; secrets masked in `value` and `default`."""

    name: str
    value: str
    default: str
    meaning: str
    is_default: bool


def load_settings(**overrides: Any) -> Settings:
    """Settings of this process's environment; `overrides` win, None among them means "not given".
    Raise SettingsError with one line per fault.
    """
    try:
        return Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        raise SettingsError(*_fault_lines(error)) from error


def _fault_lines(error: ValidationError) -> list[str]:
    # The value itself is left out: it may hold a password.
    return [
        f"{variable_of(str(fault['loc'][0]))}: {fault['msg'].removeprefix('Value error, ')}"
        for fault in error.errors(include_url=False, include_input=False)
    ]


def variable_of(field: str) -> str:
    return f"{PREFIX}{field.upper()}"


def describe(settings: Settings) -> list[SettingRow]:
    """Every setting, in the order of the class."""
    return [
        SettingRow(
            name=variable_of(name),
            value=_shown(getattr(settings, name)),
            default=_shown(field.default),
            meaning=field.description or "",
            is_default=getattr(settings, name) == field.default,
        )
        for name, field in Settings.model_fields.items()
    ]


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, SecretStr):
        return MASK
    if isinstance(value, bool):
        return str(value).lower()
    return _without_password(str(value))


def _without_password(text: str) -> str:
    """Masks `user:password@` and `?password=` of an address."""
    if "://" not in text:
        return text
    parts = urlsplit(text)
    user, colon, _ = parts.netloc.rpartition("@")[0].partition(":")
    place = parts.netloc.rpartition("@")[2]
    netloc = f"{user}:{MASK}@{place}" if colon else parts.netloc
    query = "&".join(f"password={MASK}" if p.lower().startswith("password=") else p for p in parts.query.split("&"))
    return parts._replace(netloc=netloc, query=query).geturl()


def unknown_variables(environ: Mapping[str, str]) -> dict[str, str | None]:
    """PARCOURS_… names that no setting reads, each with the nearest known one or None; PARCOURS_TEST_… is for tests."""
    ours = [name for name in sorted(environ) if name.upper().startswith(PREFIX)]
    unknown = [name for name in ours if _field(name) not in Settings.model_fields]
    return {name: _nearest(name) for name in unknown if not name.upper().startswith(TEST_PREFIX)}


def _field(variable: str) -> str:
    return variable.upper().removeprefix(PREFIX).lower()


def _nearest(variable: str) -> str | None:
    return next(map(variable_of, get_close_matches(_field(variable), Settings.model_fields, n=1)), None)
