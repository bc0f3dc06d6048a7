"""The commands that an operator uses where the platform runs in containers: Compose and Kubernetes."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.cli.operate.place import NATS, POSTGRES, Place, ThisMachine
from deploy.local import state
from deploy.local.settings import LocalSettings

IMAGE = Path("/app")  # the code's folder in every image
CODE = Path(__file__).parents[3]
MOUNTED = "mounted"  # a folder of `loa keys`: the platform runs in containers
KUBERNETES = "KUBERNETES_SERVICE_HOST"  # set in every pod


@dataclass(frozen=True, slots=True)
class InCompose:
    """Containers of deploy/compose; `inside` if this process is one of them."""

    brokers: tuple[str, ...] = (NATS,)
    inside: bool = False

    @property
    def compose(self) -> str:
        file = "compose" if len(self.brokers) == 1 else "cluster"
        return f"docker-compose -p loa -f deploy/compose/{file}.yaml"

    @property
    def start(self) -> str:
        return f"{self.compose} up -d"

    @property
    def renew_token(self) -> str:
        return "loa keys deploy/secrets; set -a; . deploy/secrets/operator.env; set +a"

    @property
    def sync_writes(self) -> str:
        return f"deploy/nats/container.conf: jetstream {{ sync_interval: always }}; {self.restart(NATS)}"

    @property
    def read_monitor(self) -> str:
        return self.check_broker

    @property
    def check_broker(self) -> str:
        return f"{self.compose} run --rm loa doctor"

    @property
    def show_disk(self) -> str:
        return "docker system df -v"

    @property
    def free_disk(self) -> str:
        return f"{self.show_disk}; {self.restart(NATS)}"

    @property
    def reload_keys(self) -> str:
        return self.restart(NATS)

    def log(self, part: str) -> str:
        return f"{self.compose} logs --tail 50 {self._containers(part)}"

    def restart(self, part: str) -> str:
        return f"{self.compose} restart {self._containers(part)}"

    def _containers(self, part: str) -> str:
        return " ".join(self.brokers) if part == NATS else part

    def loa(self, command: str) -> str:
        """Give a command that an operator runs on the host."""
        return f"{self.compose} run --rm {command}" if self.inside else command


@dataclass(frozen=True, slots=True)
class InKubernetes:
    """Pods of deploy/k8s, in the namespace `loa`."""

    kubectl: str = "kubectl -n loa"

    @property
    def start(self) -> str:
        return "kubectl apply -k deploy/k8s/overlays/province"

    @property
    def renew_token(self) -> str:
        return "loa keys deploy/secrets; set -a; . deploy/secrets/operator.env; set +a"

    @property
    def sync_writes(self) -> str:
        return "helm upgrade loa-nats nats/nats --namespace loa --values deploy/k8s/engines/nats.values.yaml"

    @property
    def read_monitor(self) -> str:
        return (
            f"{self.kubectl} port-forward loa-nats-0 8222 & export LOA_NATS_MONITOR_URL=http://127.0.0.1:8222"
        )

    @property
    def check_broker(self) -> str:
        return (
            f"{self.kubectl} port-forward service/loa-nats 4222 & export LOA_NATS_URL=nats://127.0.0.1:4222"
        )

    @property
    def show_disk(self) -> str:
        return f"{self.kubectl} get persistentvolumeclaims"

    @property
    def free_disk(self) -> str:
        return f"{self.show_disk}; {self.restart(NATS)}"

    @property
    def reload_keys(self) -> str:
        return self.restart(NATS)

    def log(self, part: str) -> str:
        return f"{self.kubectl} logs --tail 50 {self._workload(part)}"

    def restart(self, part: str) -> str:
        if part == POSTGRES:
            return f"{self.kubectl} get clusters.postgresql.cnpg.io loa-postgres"
        return f"{self.kubectl} rollout restart {self._workload(part)}"

    def _workload(self, part: str) -> str:
        named = {NATS: "statefulset/loa-nats", POSTGRES: "--selector cnpg.io/cluster=loa-postgres"}
        return named.get(part, f"deployment/loa-{part}")

    def loa(self, command: str) -> str:
        return command


def containers(
    folder: Path, nats_url: str = "", environment: Mapping[str, str] = os.environ, code: Path = CODE
) -> Place | None:
    """Find out whether the platform runs in containers: from the code's folder in an image, or the files of `loa keys`."""
    if code == IMAGE:
        return InKubernetes() if environment.get(KUBERNETES) else InCompose(_hosts(nats_url), inside=True)
    if not (folder / MOUNTED).is_dir():
        return None
    return InKubernetes() if "-rw:" in _database(folder) else InCompose()


def _database(folder: Path) -> str:
    """Read the address that `loa keys` was given: in Kubernetes the service of CloudNativePG, which ends with `-rw`."""
    try:
        return (folder / MOUNTED / "admin.database_url").read_text(encoding="utf-8")
    except OSError:
        return ""


def _hosts(nats_url: str) -> tuple[str, ...]:
    addresses = (part.rpartition("//")[2].rpartition("@")[2] for part in nats_url.split(",") if part)
    return tuple(address.partition(":")[0] for address in addresses) or (NATS,)


def current_place() -> Place:
    """Find where the platform runs that the command `loa` talks to."""
    current = state.read()
    folder = Path(current.data_dir or LocalSettings().data_dir).resolve()
    here = ThisMachine(folder, is_default=not current.data_dir)
    return containers(folder, current.nats_url) or here
