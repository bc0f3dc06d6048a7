"""The overlays as kubectl resolves them: valid by the schemas of Kubernetes, restricted as in compose, and complete."""

import copy
import json
import re
import ssl
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml
from pydantic import ValidationError

from deploy.grafana import dashboard
from deploy.nats.permissions import SERVICES
from deploy.prometheus import kubernetes
from shared.service import DRAIN_SECONDS
from tests.support.kubectl import Manifest, containers, kustomize, mounted_secrets
from tests.support.platform.compose import DEPLOY

K8S = DEPLOY / "k8s"
FOLDERS = sorted(str(path.parent.relative_to(K8S)) for path in K8S.rglob("kustomization.yaml"))
OVERLAYS = ("dev", "province", "national", "connected")
FOREIGN = frozenset({"ServiceMonitor", "PrometheusRule"})  # of the Prometheus Operator, not Kubernetes' own
PROBES = ("metrics", "livez", "readyz")  # for the own network
VERSION = "1.31"  # the oldest that is still looked after


@cache
def built(overlay: str) -> tuple[Manifest, ...]:
    return tuple(kustomize(K8S / "overlays" / overlay))


@cache
def watching() -> dict[str, Manifest]:
    return {item["kind"]: item for item in kustomize(K8S / "monitoring")}


def every(*kinds: str) -> Iterator[Any]:
    for overlay in OVERLAYS:
        for manifest in built(overlay):
            if not kinds or manifest["kind"] in kinds:
                yield pytest.param(
                    manifest, id=f"{overlay}:{manifest['kind']}/{manifest['metadata']['name']}"
                )


def of_kind(overlay: str, kind: str) -> dict[str, Manifest]:
    return {item["metadata"]["name"]: item for item in built(overlay) if item["kind"] == kind}


@pytest.mark.parametrize("folder", FOLDERS)
def test_kubectl_builds_every_folder(folder: str) -> None:
    built_here = kustomize(K8S / folder)
    names = [(item["kind"], item["metadata"]["name"]) for item in built_here]
    assert names
    assert sorted(names) == sorted(set(names))


@pytest.mark.slow
@pytest.mark.parametrize("manifest", list(every()))
def test_resources_match_the_schemas_of_kubernetes(manifest: Manifest) -> None:
    kubernetes_validate.validate(manifest, VERSION, strict=True)


@pytest.mark.slow
def test_monitoring_resources_match_the_schemas_of_kubernetes() -> None:
    own = [manifest for kind, manifest in watching().items() if kind not in FOREIGN]
    assert [manifest["kind"] for manifest in own] == ["ConfigMap"]
    for manifest in own:
        kubernetes_validate.validate(manifest, VERSION, strict=True)


def _as_understood(manifest: Manifest) -> Manifest:
    """Give what the operator's own models take of a resource: what they don't know is not there any more."""
    models = import_module(
        "cloudcoil.models.prometheus_operator.v1"
    )  # six seconds of a core: only when asked
    taken = getattr(models, manifest["kind"]).model_validate(manifest)
    understood: Manifest = taken.model_dump(by_alias=True, exclude_unset=True, mode="json")
    return understood


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(FOREIGN))
def test_monitoring_resources_match_the_prometheus_operator(kind: str) -> None:
    assert _as_understood(watching()[kind]) == watching()[kind]


@pytest.mark.slow
def test_a_typing_error_in_a_monitoring_resource_is_noticed() -> None:
    manifest = copy.deepcopy(watching()["ServiceMonitor"])
    manifest["spec"]["endpoints"][0]["intervall"] = "15s"
    assert _as_understood(manifest) == watching()["ServiceMonitor"]
    manifest["spec"]["endpoints"][0]["interval"] = "15 seconds"
    with pytest.raises(ValidationError, match="interval"):
        _as_understood(manifest)


def test_monitoring_resources_are_generated_from_rules_and_dashboard() -> None:
    for name, text in kubernetes.files().items():
        assert (kubernetes.FOLDER / name).read_text(encoding="utf-8") == text, name
    rules = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text(encoding="utf-8"))
    assert watching()["PrometheusRule"]["spec"] == rules
    assert json.loads(watching()["ConfigMap"]["data"]["loa.json"]) == dashboard.dashboard()


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_service_is_scraped_with_the_labels_of_the_rules(overlay: str) -> None:
    spec = watching()["ServiceMonitor"]["spec"]
    (endpoint,) = spec["endpoints"]
    (relabelling,) = endpoint["relabelings"]
    label = relabelling["sourceLabels"][0].removeprefix("__meta_kubernetes_service_label_")
    services = [
        service
        for service in of_kind(overlay, "Service").values()
        if spec["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    ]
    assert {service["metadata"]["namespace"] for service in services} == {
        watching()["ServiceMonitor"]["metadata"]["namespace"]
    }
    assert {port["name"] for service in services for port in service["spec"]["ports"]} == {endpoint["port"]}
    assert {service["metadata"]["labels"][spec["jobLabel"]] for service in services} == {"loa"}
    as_prometheus_sees_them = [
        {re.sub(r"\W", "_", name): value for name, value in service["metadata"]["labels"].items()}
        for service in services
    ]
    assert {labels[label] for labels in as_prometheus_sees_them} == set(SERVICES)


@pytest.mark.slow
def test_a_typing_error_is_noticed() -> None:
    broken = copy.deepcopy(of_kind("dev", "Deployment")["loa-registry"])
    broken["spec"]["replicsa"] = 2
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, VERSION, strict=True)


@pytest.mark.parametrize("manifest", list(every("Deployment", "Job")))
def test_a_pod_has_no_right_that_it_does_not_need(manifest: Manifest) -> None:
    pod = manifest["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers(manifest):
        held = container["securityContext"]
        assert held["readOnlyRootFilesystem"] is True
        assert held["allowPrivilegeEscalation"] is False
        assert held["capabilities"] == {"drop": ["ALL"]}
        assert {"requests", "limits"} <= container["resources"].keys()
        assert container["image"].split(":")[1]


@pytest.mark.parametrize("manifest", list(every("Deployment")))
def test_a_service_is_probed_spread_and_not_cut_off(manifest: Manifest) -> None:
    pod, (container,) = manifest["spec"]["template"]["spec"], containers(manifest)
    paths = {name: container[name]["httpGet"]["path"] for name in ("livenessProbe", "readinessProbe")}
    assert paths == {"livenessProbe": "/livez", "readinessProbe": "/readyz"}
    assert pod["terminationGracePeriodSeconds"] > DRAIN_SECONDS + 5
    mine = manifest["spec"]["selector"]["matchLabels"]
    assert mine.items() <= manifest["spec"]["template"]["metadata"]["labels"].items()
    assert [item["labelSelector"]["matchLabels"] for item in pod["topologySpreadConstraints"]] == [mine, mine]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_each_service_has_all_that_it_needs_and_nothing_of_another(overlay: str) -> None:
    for service in SERVICES:
        name = f"loa-{service}"
        deployment = of_kind(overlay, "Deployment")[name]
        mine = deployment["spec"]["selector"]["matchLabels"]
        assert mine == {"app.kubernetes.io/name": service}
        assert of_kind(overlay, "Service")[name]["spec"]["selector"] == mine
        assert of_kind(overlay, "PodDisruptionBudget")[name]["spec"]["selector"]["matchLabels"] == mine
        assert of_kind(overlay, "HorizontalPodAutoscaler")[name]["spec"]["scaleTargetRef"]["name"] == name
        job = of_kind(overlay, "Job")[f"loa-migration-{service}"]
        for manifest in (deployment, job):
            volumes = {volume["name"]: volume for volume in manifest["spec"]["template"]["spec"]["volumes"]}
            assert volumes["secrets"]["secret"]["secretName"] == name
            assert containers(manifest)[0]["image"].startswith(f"{name}:")


REACHED = {4222, 8222, 5432, 53, 25, 465, 587, 8000}
"""Ports that pods may reach: broker, database, names, mail, our own services."""


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_pod_reaches_its_engines_and_nothing_else(overlay: str) -> None:
    policies = [manifest["spec"] for manifest in of_kind(overlay, "NetworkPolicy").values()]
    ours = {"app.kubernetes.io/part-of": "loa"}
    closed = {"podSelector": {"matchLabels": ours}, "policyTypes": ["Ingress", "Egress"]}
    assert closed in policies, "what no other policy allows is denied"
    rules = [rule for policy in policies for rule in policy.get("egress", ())]
    ports = {port["port"] for rule in rules for port in rule.get("ports", [{"port": "any"}])}
    assert ports == REACHED | (set(BEYOND.values()) if overlay == "connected" else set())
    anywhere = {port["port"] for rule in rules if "to" not in rule for port in rule["ports"]}
    assert anywhere == {25, 465, 587}, "the mail server alone may stand anywhere"


BEYOND = {"LOA_OIDC_ISSUER": 443, "LOA_EVIDENCE_URL": 9000, "OTEL_EXPORTER_OTLP_ENDPOINT": 4318}


def test_each_system_beyond_has_an_address_and_a_port_of_its_own() -> None:
    """Settings and policies of the example agree, and none of the addresses of the documentation (RFC 5737) is left."""
    (settings,) = of_kind("connected", "ConfigMap").values()
    for name, port in BEYOND.items():
        address = urlsplit(settings["data"][name])
        assert (address.port or 443) == port, name
    policies = of_kind("connected", "NetworkPolicy")
    pods = {
        "loa-identity": {"app.kubernetes.io/part-of": "loa"},
        "loa-files": {"app.kubernetes.io/name": "campaigns"},
        "loa-traces": {"app.kubernetes.io/part-of": "loa"},
    }
    for name, labels in pods.items():
        spec = policies[name]["spec"]
        assert spec["podSelector"]["matchLabels"] == labels
        (rule,) = spec["egress"]
        (to,) = rule["to"]
        network = ip_network(to["ipBlock"]["cidr"])
        assert network.num_addresses == 1, "one system, not a network"
        assert network.is_private
        assert not network.overlaps(ip_network("192.0.2.0/24"))
    assert not pods.keys() & of_kind("province", "NetworkPolicy").keys()


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/", "loa-metrics"),
        ("/lists/gaps", "loa-metrics"),
        ("/registry", "loa-registry"),
        ("/registry/home", "loa-registry"),
        ("/campaigns/entry/programme", "loa-campaigns"),
        ("/notifier/sign-in", "loa-notifier"),
        ("/registry/metrics-page", "loa-registry"),
        *((f"{service}/{probe}", None) for service in ("", "/registry", "/campaigns", "/notifier") for probe in PROBES),
        *((f"{service}/{probe}/", None) for service in ("", "/notifier") for probe in PROBES),
    ],
)  # fmt: skip
def test_the_ingress_leads_to_pages_and_programs_and_keeps_probes_inside(
    path: str, leads_to: str | None
) -> None:
    """As ingress-nginx does: each path is a pattern from the beginning, in any case of letters, the longest first."""
    patterns = [
        (each["path"], each["backend"]["service"]["name"])
        for ingress in of_kind("province", "Ingress").values()
        for each in ingress["spec"]["rules"][0]["http"]["paths"]
    ]
    ordered = sorted(patterns, key=lambda pair: -len(pair[0]))
    led_to = next((name for pattern, name in ordered if re.match(pattern, path, re.IGNORECASE)), None)
    assert led_to == leads_to


@pytest.mark.parametrize("overlay", ["province", "national", "connected"])
def test_the_ingress_takes_only_ciphers_that_tls_has_had_since_1_2_and_leads_no_program_on(
    overlay: str,
) -> None:
    """Each of AEAD with forward secrecy: TLS 1.1 has none of them, so no connection of it comes about (RFC 5288, RFC 7905)."""
    annotations = [ingress["metadata"]["annotations"] for ingress in of_kind(overlay, "Ingress").values()]
    assert len(annotations) == 2
    for each in annotations:
        ciphers = each["nginx.ingress.kubernetes.io/ssl-ciphers"].split(":")
        assert ciphers
        assert all(
            re.fullmatch(r"ECDHE-(ECDSA|RSA)-(AES\d+-GCM-SHA\d+|CHACHA20-POLY1305)", name) for name in ciphers
        )
        assert each["nginx.ingress.kubernetes.io/ssl-prefer-server-ciphers"] == "true"
        assert each["nginx.ingress.kubernetes.io/ssl-redirect"] == "false"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers(annotations[0]["nginx.ingress.kubernetes.io/ssl-ciphers"])
    offered = [cipher for cipher in context.get_ciphers() if cipher["protocol"] != "TLSv1.3"]
    assert {cipher["protocol"] for cipher in offered} == {"TLSv1.2"}


@pytest.mark.parametrize("overlay", ["province", "national"])
def test_the_ingress_leads_to_services_that_exist(overlay: str) -> None:
    backends = {
        path["backend"]["service"]["name"]
        for ingress in of_kind(overlay, "Ingress").values()
        for rule in ingress["spec"]["rules"]
        for path in rule["http"]["paths"]
    }
    assert backends == of_kind(overlay, "Service").keys()


@pytest.mark.parametrize(
    ("overlay", "replicas"), [("dev", (1, 1)), ("province", (2, 4)), ("national", (3, 12))]
)
def test_an_overlay_sets_the_replicas_of_every_service(overlay: str, replicas: tuple[int, int]) -> None:
    scalers = [scaler["spec"] for scaler in of_kind(overlay, "HorizontalPodAutoscaler").values()]
    sizes = [(spec["minReplicas"], spec["maxReplicas"]) for spec in scalers]
    assert sizes == [replicas] * len(SERVICES)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_services_scale_on_load_and_the_notifier_on_waiting_mail(overlay: str) -> None:
    scalers = of_kind(overlay, "HorizontalPodAutoscaler")
    kinds = {name: scaler["spec"]["metrics"][0]["type"] for name, scaler in scalers.items()}
    assert kinds == {
        "loa-registry": "Resource",
        "loa-campaigns": "Resource",
        "loa-metrics": "Resource",
        "loa-notifier": "External",
    }


def test_the_notifier_scales_on_a_metric_that_exists() -> None:
    metric = of_kind("national", "HorizontalPodAutoscaler")["loa-notifier"]["spec"]["metrics"][0]
    assert f"| `{metric['external']['metric']['name']}` |" in (DEPLOY / "prometheus/README.md").read_text()


def test_a_province_survives_the_loss_of_a_node() -> None:
    scalers = of_kind("province", "HorizontalPodAutoscaler").values()
    assert all(scaler["spec"]["minReplicas"] >= 2 for scaler in scalers)


def test_every_mounted_secret_exists() -> None:
    """Secrets are made by hand from `loa keys`; the README's commands must make every one that is mounted."""
    readme = (DEPLOY / "README.md").read_text()
    mounted = {secret for manifest in built("national") for secret in mounted_secrets(manifest)}
    made = {f"loa-{service}" for service in SERVICES[:3] if "secret generic loa-$service " in readme}
    assert mounted <= made | {name for name in mounted if f"secret generic {name} " in readme}


def test_engines_keep_what_they_accepted() -> None:
    """Their kinds are not Kubernetes' own (a Helm chart's values, a CRD): no schema of Kubernetes knows them."""
    nats = yaml.safe_load((DEPLOY / "k8s/engines/nats.values.yaml").read_text())
    assert nats["config"]["cluster"]["replicas"] == 3
    assert nats["config"]["jetstream"]["merge"]["sync_interval"] == "always"
    postgres = yaml.safe_load((DEPLOY / "k8s/engines/postgres.yaml").read_text())
    assert postgres["spec"]["instances"] == 3
    assert postgres["spec"]["postgresql"]["synchronous"]["number"] == 1
