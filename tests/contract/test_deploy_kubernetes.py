"""The platform on Kubernetes: what the manifests must keep to."""

import tomllib
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli import processes
from cli.deploy import MASTER_KEYS
from cli.manifests import problems
from cli.services import FRONT, NAMES
from cli.signing_keys import SIGNING_KEY, TOKEN_KEYS
from shared.service import Runtime
from shared.settings import Settings
from shared.worker.run import STOP_SECONDS

ROOT = Path(__file__).resolve().parents[2]
BASE = ROOT / "deploy/k8s/base"
OURS = [f"{name}-{kind}" for name in NAMES for kind in ("api", "worker")]
VARIABLES = {item.metadata["name"]: item for item in fields(Settings)}

Object = dict[str, Any]


def _objects() -> dict[tuple[str, str], Object]:
    documents = [
        document
        for file in BASE.glob("*.yaml")
        if file.name != "kustomization.yaml"
        for document in yaml.safe_load_all(file.read_text())
    ]
    return {(item["kind"], item["metadata"]["name"]): item for item in documents}


OBJECTS = _objects()
CONFIG: dict[str, str] = OBJECTS["ConfigMap", "kap-config"]["data"]
WORKLOADS = {
    name: item
    for (kind, name), item in OBJECTS.items()
    if kind in ("Deployment", "Job")
}


def _pod(name: str) -> Object:
    pod: Object = WORKLOADS[name]["spec"]["template"]["spec"]
    return pod


def _container(name: str) -> Object:
    (container,) = _pod(name)["containers"]
    return dict(container)


def _labels(name: str) -> dict[str, str]:
    labels: dict[str, str] = WORKLOADS[name]["spec"]["template"]["metadata"]["labels"]
    return labels


def _selected_by(selector: dict[str, str]) -> set[str]:
    return {name for name in WORKLOADS if selector.items() <= _labels(name).items()}


def test_every_manifest_fits_its_schema() -> None:
    assert problems(ROOT / "deploy/k8s") == []


def test_every_manifest_is_applied() -> None:
    listed = yaml.safe_load((BASE / "kustomization.yaml").read_text())["resources"]

    files = {file.name for file in BASE.glob("*.yaml")} - {"kustomization.yaml"}

    assert set(listed) == files


def test_every_service_has_an_api_and_a_worker() -> None:
    running = {name for kind, name in OBJECTS if kind == "Deployment"}

    assert running == set(OURS)
    for name in OURS:
        service, _, kind = name.rpartition("-")
        assert _container(name)["args"] == [kind, service]


@pytest.mark.parametrize("name", NAMES)
def test_every_service_is_deployed_alike(name: str) -> None:
    def shape(service: str) -> str:
        first, _, rest = (BASE / f"{service}.yaml").read_text().partition("\n")
        assert first.startswith("# ")
        return rest.replace(service, "SERVICE")

    assert shape(name) == shape(NAMES[0])


@pytest.mark.parametrize("name", WORKLOADS)
def test_an_image_is_of_this_release(name: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert _container(name)["image"] == f"kap-network:{project['version']}"


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_pod_keeps_to_the_restricted_profile(name: str) -> None:
    pod, container = _pod(name), _container(name)

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    assert all("hostPath" not in volume for volume in pod["volumes"])


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_pod_gets_no_key_to_the_cluster(name: str) -> None:
    pod = _pod(name)

    account = OBJECTS["ServiceAccount", pod["serviceAccountName"]]

    assert pod["automountServiceAccountToken"] is False
    assert account["automountServiceAccountToken"] is False


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_pod_says_what_it_needs(name: str) -> None:
    resources = _container(name)["resources"]

    assert resources["requests"]["memory"] == resources["limits"]["memory"]
    assert resources["requests"]["cpu"]
    assert "cpu" not in resources["limits"], "a limit would slow requests down"


@pytest.mark.parametrize("name", OURS)
def test_a_process_is_probed_where_it_answers(name: str) -> None:
    container = _container(name)
    bind = CONFIG["KAP_HTTP_BIND" if name.endswith("api") else "KAP_WORKER_BIND"]

    paths = {
        kind: container[f"{kind}Probe"]["httpGet"]["path"]
        for kind in ("startup", "liveness", "readiness")
    }

    assert paths == {
        "startup": "/healthz",
        "liveness": "/healthz",
        "readiness": "/readyz",
    }
    assert container["ports"] == [
        {"name": "http", "containerPort": int(bind.rpartition(":")[2])}
    ]


@pytest.mark.parametrize("name", OURS)
def test_a_deployment_survives_the_loss_of_a_node(name: str) -> None:
    spec = WORKLOADS[name]["spec"]
    budget = OBJECTS["PodDisruptionBudget", name]["spec"]

    spread = _pod(name)["topologySpreadConstraints"]

    assert spec["replicas"] >= 2
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert budget["maxUnavailable"] == 1
    assert _selected_by(budget["selector"]["matchLabels"]) == {name}
    assert _selected_by(spec["selector"]["matchLabels"]) == {name}
    for constraint in spread:
        assert _selected_by(constraint["labelSelector"]["matchLabels"]) == {name}
    assert {constraint["topologyKey"] for constraint in spread} == {
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    }


@pytest.mark.parametrize("name", NAMES)
def test_an_api_ends_its_requests_before_it_is_killed(name: str) -> None:
    settings = Settings(
        database_url="postgresql+psycopg://x@x/x",
        broker_url="amqp://x",
        signing_key="{}",
        token_keys="{}",
        master_keys="{}",
    )
    server = processes.gunicorn_for(name, settings, Runtime.start)
    graceful = server.cfg.graceful_timeout

    pause = _container(f"{name}-api")["lifecycle"]["preStop"]["sleep"]["seconds"]

    assert pause > 0
    assert pause + graceful < _pod(f"{name}-api")["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("name", NAMES)
def test_a_worker_ends_its_steps_before_it_is_killed(name: str) -> None:
    assert _pod(f"{name}-worker")["terminationGracePeriodSeconds"] > STOP_SECONDS


def test_a_variable_that_is_set_is_one_that_is_read() -> None:
    needed = {key for key, item in VARIABLES.items() if item.default is MISSING}

    assert needed <= CONFIG.keys() <= VARIABLES.keys()
    for name in OURS:
        assert _container(name)["envFrom"] == [{"configMapRef": {"name": "kap-config"}}]


def test_nobody_is_let_in_without_a_token_of_the_issuer() -> None:
    assert CONFIG["KAP_DEVELOPMENT_ISSUER"] == "false"
    assert CONFIG["KAP_WEBHOOK_HOSTS"] == ""


def _mounted_files(name: str) -> dict[str, str]:
    """Paths below the mount of the secrets, and the secret each comes from."""
    (mount,) = (
        mount
        for mount in _container(name)["volumeMounts"]
        if mount["name"] == "secrets"
    )
    (volume,) = (v for v in _pod(name)["volumes"] if v["name"] == "secrets")
    files = {}
    for source in volume["projected"]["sources"]:
        secret = source["secret"]
        made = (SIGNING_KEY, TOKEN_KEYS, MASTER_KEYS)
        whole = [{"path": name} for name in (*made, "oidc-client-secret")]
        for item in secret.get("items", whole):
            files[f"@{mount['mountPath']}/{item['path']}"] = secret["name"]
    return files


@pytest.mark.parametrize("name", OURS)
def test_a_process_finds_every_secret_and_no_other_service_s(name: str) -> None:
    files = _mounted_files(name)

    named = {value for value in CONFIG.values() if value.startswith("@")}

    assert named == files.keys()
    own = name.rpartition("-")[0]
    assert set(files.values()) == {"kap-keys", "kap-broker", f"kap-database-{own}"}


def test_the_migration_reaches_every_database() -> None:
    files = _mounted_files("kap-migrate")
    (script,) = _container("kap-migrate")["args"]

    for name in NAMES:
        assert files[f"@/run/kap/{name}.database-url"] == f"kap-database-{name}"
    assert f"for service in {' '.join(NAMES)}; do" in script
    assert "kap topology apply" in script


@pytest.mark.parametrize("name", NAMES)
def test_a_service_is_looked_for_where_it_is(name: str) -> None:
    service = OBJECTS["Service", f"{name}-api"]["spec"]

    url = CONFIG["KAP_PEER_URL"].format(service=name)

    assert url == f"http://{name}-api:{service['ports'][0]['port']}"
    assert _selected_by(service["selector"]) == {f"{name}-api"}


def _routes() -> dict[tuple[str, str], str]:
    (rule,) = OBJECTS["Ingress", "kap"]["spec"]["rules"]
    return {
        (path["path"], path["pathType"]): path["backend"]["service"]["name"]
        for path in rule["http"]["paths"]
    }


def test_every_service_is_reached_from_outside() -> None:
    prefixes = {path: to for (path, kind), to in _routes().items() if kind == "Prefix"}

    expected = {f"/{name}": f"{name}-api" for name in NAMES if name != FRONT}
    assert prefixes == expected | {"/": f"{FRONT}-api"}


def test_no_metrics_are_told_to_the_outside() -> None:
    exact = {path: to for (path, kind), to in _routes().items() if kind == "Exact"}

    assert exact == dict.fromkeys(
        ["/metrics", *(f"/{name}/metrics" for name in NAMES)], "nobody"
    )
    assert "selector" not in OBJECTS["Service", "nobody"]["spec"]


def test_nothing_speaks_to_anything_unless_it_is_said() -> None:
    deny = OBJECTS["NetworkPolicy", "deny-all"]["spec"]

    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_only_apis_reach_the_identity_provider_and_nothing_else() -> None:
    policy = OBJECTS["NetworkPolicy", "reach-identity"]["spec"]

    reached = _selected_by(policy["podSelector"]["matchLabels"])

    assert reached == {f"{name}-api" for name in NAMES}
    assert policy["egress"] == [{"ports": [{"protocol": "TCP", "port": 443}]}]
    assert CONFIG["KAP_OIDC_ISSUER"].startswith("https://")
    assert CONFIG["KAP_PUBLIC_URL"].startswith("https://")


def test_only_who_sends_webhooks_or_fetches_calendars_reaches_the_outside() -> None:
    ways = {
        "reach-outside": "notifications-worker",
        "reach-calendars": "scheduling-worker",
    }

    for policy, who in ways.items():
        outside = OBJECTS["NetworkPolicy", policy]["spec"]
        assert _selected_by(outside["podSelector"]["matchLabels"]) == {who}
    for (kind, name), item in OBJECTS.items():
        if kind == "NetworkPolicy" and name not in (*ways, "reach-identity"):
            for rule in item["spec"].get("egress", []):
                ports = {port["port"] for port in rule["ports"]}
                assert not ports & {80, 443}, name


def test_metrics_can_be_collected_from_every_process() -> None:
    policy = OBJECTS["NetworkPolicy", "collect-metrics"]["spec"]

    ports = {port["port"] for port in policy["ingress"][0]["ports"]}

    assert _selected_by(policy["podSelector"]["matchLabels"]) >= set(OURS)
    assert {
        port["containerPort"] for name in OURS for port in _container(name)["ports"]
    } == ports
