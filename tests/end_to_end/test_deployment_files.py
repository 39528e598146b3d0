"""What the files of deployment say fits together, as far as that can be seen without an engine or a cluster."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.process.settings import SERVICES, Settings, variable_of
from shared.roles.role import REACTING, WRITING
from tests.end_to_end.compose import ROOT, RequiredError, document, interpolate, resolved, roles, variables

REQUIRED = {
    "POSTGRES_PASSWORD": "secret",
    "PARCOURS_REFERENCE_KEY": "long and random",
    "PARCOURS_JWT_KEYS_FILE": "/etc/parcours/jwks.json",
}
WRITE_SERVICES = list(WRITING)
COMMANDS = {
    **{name: ["parcours", "serve", name] for name in SERVICES},
    **{f"relay-{name}": ["parcours", "relay", name] for name in WRITE_SERVICES},
    "clock": ["parcours", "clock"],
    "projector": ["parcours", "project"],
}
SETTINGS = {variable_of(name) for name in Settings.model_fields}
K8S = ROOT / "deploy" / "k8s"
OPERATIONS = ROOT / "docs" / "operations.md"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${A}", "a"),
        ("x${A:-y}z", "xaz"),
        ("${B:-y}", "y"),
        ("${B:-}", ""),
        ("${EMPTY:-y}", "y"),
        ("${B:-p${A:-q}r}", "par"),
        ("${A:-p${B:?never asked}r}", "a"),
        ("$${A}", "${A}"),
    ],
)
def test_variables_are_read_as_compose_reads_them(text: str, expected: str) -> None:
    assert interpolate(text, {"A": "a", "EMPTY": ""}) == expected


def test_compose_runs_one_process_for_each_role() -> None:
    assert {name: role.command for name, role in roles(REQUIRED).items()} == COMMANDS


@pytest.mark.parametrize("missing", list(REQUIRED))
def test_compose_says_what_is_missing(missing: str) -> None:
    values = {name: value for name, value in REQUIRED.items() if name != missing}
    with pytest.raises(RequiredError, match=rf"{missing}: \w+ \w+ \w+"):
        resolved(document(), values)


def test_compose_needs_nothing_else_and_gives_no_secret_a_default() -> None:
    text = repr(resolved(document(), REQUIRED))
    assert "${" not in text
    assert {name for name in variables(document()) if re.search("PASSWORD|KEY", name)} == {
        "JWT_KEYS",
        "PARCOURS_IDENTITY_KEY",
        *REQUIRED,
    }


def test_compose_sets_only_settings_that_there_are() -> None:
    named = {name for role in roles(REQUIRED).values() for name in role.environment}
    assert named <= SETTINGS


def test_every_address_and_port_of_compose_can_be_given() -> None:
    given = {"DATABASE_URL": "postgresql://h/d", "KAFKA_BOOTSTRAP": "k:1", "LISTEN_ON": "127.0.0.1"}
    ports = {f"{name.upper().replace('-', '_')}_PORT": str(9000 + n) for n, name in enumerate(COMMANDS)}
    for role in roles(REQUIRED | given | ports).values():
        assert role.environment["PARCOURS_DATABASE_URL"] == "postgresql://h/d"
        assert role.environment["PARCOURS_KAFKA_BOOTSTRAP"] == "k:1"
        assert role.environment["PARCOURS_HOST"] == "127.0.0.1"
    assert {role.environment["PARCOURS_PORT"] for role in roles(REQUIRED | ports).values()} == set(ports.values())
    ports = {f"{name.upper()}_OPS_PORT": str(9100 + n) for n, name in enumerate(SERVICES)}
    found = roles(REQUIRED | ports)
    assert {found[name].environment["PARCOURS_OPS_PORT"] for name in SERVICES} == set(ports.values())


def test_no_port_of_operations_is_published() -> None:
    """Readiness and metrics tell how the installation does, to whoever asks; both files ask them on a port of their own."""
    services = resolved(document(), REQUIRED)["services"]
    for name in SERVICES:
        own = services[name]["environment"]["PARCOURS_OPS_PORT"]
        assert not any(own in published for published in services[name]["ports"]), name
    (generator,) = _kustomization()["configMapGenerator"]
    assert "PARCOURS_OPS_PORT=9000" in generator["literals"]
    (patch,) = _objects(K8S / "every-deployment.yaml")
    (container,) = patch["spec"]["template"]["spec"]["containers"]
    assert {one["name"]: one["containerPort"] for one in container["ports"]} == {"http": 8000, "operations": 9000}
    assert {probe["httpGet"]["port"] for name, probe in container.items() if name.endswith("Probe")} == {"operations"}
    for one in _objects(K8S / "services.yaml"):
        if one["kind"] == "Service":
            assert [port["targetPort"] for port in one["spec"]["ports"]] == ["http"]


def test_compose_waits_for_what_a_part_needs() -> None:
    for name, role in roles(REQUIRED).items():
        needs_kafka = name.startswith("relay-") or name == "projector"
        assert {"postgres", *(["kafka"] if needs_kafka else [])} <= role.after
    assert all(condition == {"condition": "service_healthy"} for condition in _conditions())


def _conditions() -> list[Any]:
    return [it for service in document()["services"].values() for it in service.get("depends_on", {}).values()]


def test_the_ledger_of_erasures_has_a_volume_of_its_own() -> None:
    """Not the database's: a backup of that one without it brings people back. Who reads it alone cannot change it."""
    found = resolved(document(), REQUIRED)
    volume, databases = "erasures", {one.partition(":")[0] for one in found["services"]["postgres"]["volumes"]}
    assert volume in found["volumes"].keys() - databases
    for name, role in roles(REQUIRED).items():
        mounts = [one.split(":") for one in found["services"][name].get("volumes", [])]
        if name == "structures":  # it holds facts of no person
            assert ("PARCOURS_ERASURE_LEDGER" in role.environment, mounts) == (False, [])
            continue
        ((source, target, *mode),) = mounts
        assert (source, str(Path(role.environment["PARCOURS_ERASURE_LEDGER"]).parent)) == (volume, target), name
        assert mode == ([] if name in (*REACTING, "clock") else ["ro"]), name


def test_in_kubernetes_the_ledger_of_erasures_is_on_a_claim_that_all_share() -> None:
    (claim,) = _objects(K8S / "erasures.yaml")
    assert (claim["kind"], claim["spec"]["accessModes"]) == ("PersistentVolumeClaim", ["ReadWriteMany"])
    (patch,) = _objects(K8S / "every-deployment.yaml")
    pod = patch["spec"]["template"]["spec"]
    (volume,) = [
        one["name"]
        for one in pod["volumes"]
        if one.get("persistentVolumeClaim") == {"claimName": claim["metadata"]["name"]}
    ]
    (mount,) = [one["mountPath"] for one in pod["containers"][0]["volumeMounts"] if one["name"] == volume]
    (generator,) = _kustomization()["configMapGenerator"]
    assert f"PARCOURS_ERASURE_LEDGER={mount}/ledger.jsonl" in generator["literals"]
    dockerfile = (ROOT / "deploy" / "docker" / "Dockerfile").read_text(encoding="utf-8")
    assert f"--owner=10001 --group=10001 --mode=0700 {mount}\n" in dockerfile


def test_the_image_takes_what_compose_and_the_lock_say() -> None:
    dockerfile = (ROOT / "deploy" / "docker" / "Dockerfile").read_text(encoding="utf-8")
    assert document()["services"]["structures"]["build"]["dockerfile"] == "deploy/docker/Dockerfile"
    assert "--require-hashes" in dockerfile
    assert "USER 10001:10001" in dockerfile
    sources = {
        source for line in re.findall(r"^COPY (?!--from)(.*)$", dockerfile, re.M) for source in line.split()[:-1]
    }
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert sources == sent
    assert all((ROOT / source).exists() for source in sources)


def _objects(path: Path) -> list[dict[str, Any]]:
    return [one for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if one]


def _kustomization() -> dict[str, Any]:
    (one,) = _objects(K8S / "kustomization.yaml")
    return one


def _deployments() -> dict[str, dict[str, Any]]:
    objects = [one for name in _kustomization()["resources"] for one in _objects(K8S / name)]
    return {one["metadata"]["name"]: one for one in objects if one["kind"] == "Deployment"}


def test_kubernetes_runs_the_same_commands() -> None:
    containers = {name: one["spec"]["template"]["spec"]["containers"] for name, one in _deployments().items()}
    assert {name: its[0]["command"] for name, its in containers.items()} == COMMANDS


ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
STRATEGIES = {
    # Answer HTTP: the old one answers until the new one is ready. Two write services at once are safe (one lock).
    **dict.fromkeys(SERVICES, ROLLING),
    # Several share the partitions; the old one keeps the rows while the new one builds its own, then stands still.
    "projector": ROLLING,
    # One works: a new one would wait, not ready, for a lock that the old one keeps until the new one is ready.
    **{f"relay-{name}": {"type": "Recreate"} for name in WRITE_SERVICES},
    # One works: a second would do the same work again for nothing.
    "clock": {"type": "Recreate"},
}


def test_kubernetes_says_how_each_deployment_is_replaced() -> None:
    assert {name: one["spec"]["strategy"] for name, one in _deployments().items()} == STRATEGIES
    assert {one["spec"]["replicas"] for one in _deployments().values()} == {1}


def test_kubernetes_recreates_where_the_running_documentation_says_that_one_works() -> None:
    """The table of processes in docs/operations.md, for what has no HTTP to keep up; with Kafka projectors are many."""
    rows = re.findall(r"^\| `parcours (\w+)[^`]*` \|[^|]*\| ([^|]*) \|", OPERATIONS.read_text(encoding="utf-8"), re.M)
    how_many = dict(rows)
    assert how_many.keys() >= {"serve", "relay", "clock", "project"}
    for name, one in _deployments().items():
        command = COMMANDS[name][1]
        if command != "serve":
            works_alone = how_many[command].startswith("1 works")
            assert (one["spec"]["strategy"]["type"] == "Recreate") is works_alone, name


def test_a_projector_without_kafka_is_recreated() -> None:
    """The base has Kafka; the overlay for a cluster without it is in its README."""
    readme = (K8S / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", readme, re.S)
    (patch,) = yaml.safe_load(block)["patches"]
    assert patch["target"] == {"kind": "Deployment", "name": "projector"}
    operations = {one["path"]: (one["op"], one["value"]) for one in yaml.safe_load(patch["patch"])}
    assert operations == {"/spec/strategy": ("replace", {"type": "Recreate"})}


def test_kubernetes_has_an_address_for_every_service_that_answers() -> None:
    services = {
        one["metadata"]["name"]: one["spec"] for one in _objects(K8S / "services.yaml") if one["kind"] == "Service"
    }
    assert set(services) == set(SERVICES)
    for name, spec in services.items():
        labels = _deployments()[name]["spec"]["template"]["metadata"]["labels"]
        assert spec["selector"].items() <= labels.items()
        assert _deployments()[name]["spec"]["selector"]["matchLabels"] == spec["selector"]


def test_what_all_deployments_share_joins_the_container_that_each_has() -> None:
    (patch,) = _objects(K8S / _kustomization()["patches"][0]["path"])
    (shared,) = patch["spec"]["template"]["spec"]["containers"]
    for one in _deployments().values():
        (own,) = one["spec"]["template"]["spec"]["containers"]
        assert own["name"] == shared["name"]
        assert own.keys() & shared.keys() <= {"name", "env"}
    assert {shared[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")} == {
        "/healthz",
        "/readyz",
    }


def test_intake_stays_in_the_service_while_its_policies_wait_for_kafka() -> None:
    """Kubernetes asks those that act on others' facts for their intake alone."""
    _, *own = _kustomization()["patches"]
    place = "/spec/template/spec/containers/0/readinessProbe/httpGet/path"
    probes = {
        one["target"]["name"]: {patch["path"]: patch["value"] for patch in yaml.safe_load(one["patch"])} for one in own
    }
    assert probes == {name: {place: f"/readyz/{name}"} for name in REACTING}


def test_kubernetes_names_settings_that_there_are() -> None:
    (generator,) = _kustomization()["configMapGenerator"]
    (patch,) = _objects(K8S / "every-deployment.yaml")
    pods = [one["spec"]["template"]["spec"] for one in (patch, *_deployments().values())]
    named = [literal.partition("=")[0] for literal in generator["literals"]]
    named += [variable["name"] for pod in pods for variable in pod["containers"][0].get("env", [])]
    assert set(named) <= SETTINGS
    assert {"PARCOURS_DATABASE_URL", "PARCOURS_REFERENCE_KEY", "PARCOURS_JWT_KEYS"} <= set(named)
