"""All `LOA_…` settings of the platform: a variable with another name is a typing error, and nothing starts with it.

One environment may serve several programs (an env file of compose, a ConfigMap), so every program knows all names.
A test holds this list against the settings' classes and the files of the deployment.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from shared.kernel.errors import LoaError, Text

PREFIX = "LOA_"
SECRETS = Path("/run/secrets")

SERVICES = """
    BOUNCE_ADDRESS BOUNCE_IMAP_URL BOUNCE_LISTEN CALENDAR_OVERRIDES CHANNELS CLOCK_TOLERANCE_SECONDS DATABASE_URL DEADLINE_DOCUMENTS ESCALATION
    MOST_CONNECTIONS MOST_CONNECTIONS_OF_ADDRESS QUEUE_SECONDS REQUESTS_PER_SECOND TRUSTED_PROXIES
    EVIDENCE_KEY_ID EVIDENCE_SECRET EVIDENCE_UNIT_MIB EVIDENCE_URL
    HOST JUSTICE_UNIT JWKS LINK_JWKS LINK_KEY LOG_FORMAT LOG_LEVEL MAIL_DIR MAIL_FROM MAIL_LEASE_SECONDS MIGRATE_ON_START NATS_MONITOR_URL
    NATS_SEED NATS_URL OIDC_CLIENT_ID OIDC_CLIENT_SECRET OIDC_ISSUER OIDC_ROLES OIDC_ROLE_CLAIM OIDC_UNIT_CLAIM PORT PUBLIC_READ
    REBUILD_PROCESSES REPORT_TEMPLATE RULES_OVERRIDES SMTP_CA SMTP_RATE SMTP_SECONDS SMTP_URL URL_CAMPAIGNS URL_METRICS SMTP_HELLO URL_NOTIFIER URL_REGISTRY
    ALLOWED_HOSTS CAMPAIGNS_API INTERNAL_URL_NOTIFIER METRICS_API METRICS_TOKEN NOTIFIER_API REGISTRY_API LINK_MAILS_A_DAY LINK_MAILS_AN_HOUR SERVICE_TOKEN SESSION_IDLE_MINUTES UNKNOWN_LINKS_A_MINUTE
"""
COMMAND = """
    CAMPAIGNS_PORT DATA_DIR METRICS_PORT NATS_MONITOR_PORT NATS_PORT NATS_REPLICAS NOTIFIER_PORT POSTGRES_PORT
    REGISTRY_PORT RUN_FOLDER TOKEN
"""
CONTAINERS = """
    BIND GRAFANA_IMAGE GRAFANA_PORT IMAGE_PREFIX NATS_IMAGE NATS_NAME NODE_EXPORTER_IMAGE ORIGIN ORIGIN_BIND ORIGIN_LISTEN ORIGIN_PEM
    ORIGIN_PORT POSTGRES_IMAGE PROMETHEUS_IMAGE PROMETHEUS_KEPT PROMETHEUS_PORT PROXY_IMAGE SECRETS TAG UPSTREAM_CAMPAIGNS
    UPSTREAM_METRICS UPSTREAM_NOTIFIER UPSTREAM_REGISTRY
"""
TESTS = "CONTAINERS HAPROXY NODE PANGO TEST_CLOCK TEST_DAY TEST_KILL TEST_SERVICE TEST_SPEED TEST_ZERO WRITE_REFUSALS"
RETIRED = {  # what earlier releases called a setting, and what it is now
    "LOA_PUBLIC_URL": "LOA_URL_REGISTRY, LOA_URL_CAMPAIGNS, LOA_URL_METRICS, LOA_URL_NOTIFIER"
}
NOT_SHOWN = """
    BOUNCE_IMAP_URL CHANNELS DATABASE_URL EVIDENCE_SECRET LINK_KEY METRICS_TOKEN NATS_SEED OIDC_CLIENT_SECRET SERVICE_TOKEN SMTP_URL TOKEN
"""
SECRET_NAMES = frozenset(PREFIX + name for name in NOT_SHOWN.split())
SETTING_NAMES = frozenset(PREFIX + name for name in f"{SERVICES} {COMMAND} {CONTAINERS} {TESTS}".split())

# Kubernetes describes each Service of the namespace to every container; ours are named loa-….
_OF_KUBERNETES = re.compile(r"_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$")
_PORT_OF_KUBERNETES = re.compile(r"^(tcp|udp|sctp)://")


class UnknownSettings(LoaError):
    """Variables that begin as our settings do, and are none."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        vi = "; ".join(_with_suggestion(name, "có phải {}?") for name in self.names)
        en = "; ".join(_with_suggestion(name, "do you mean {}?") for name in self.names)
        self.message = Text(
            f"Không có thiết lập nào tên là: {vi}. Đề nghị sửa tên hoặc bỏ biến môi trường đó, rồi chạy lại.",
            f"There is no setting of this name: {en}. Correct the name or remove the variable, then start again.",
        )
        super().__init__(self.message.en)


def _with_suggestion(name: str, question: str) -> str:
    instead = RETIRED.get(name.upper())
    nearest = [instead] if instead else get_close_matches(name.upper(), sorted(SETTING_NAMES), 1)
    return f"{name} ({question.format(nearest[0])})" if nearest else name


def check(environment: Mapping[str, str] = os.environ, secrets: Path = SECRETS) -> None:
    """Raise `UnknownSettings` if a variable, or a secret that is mounted as a file, is no setting of ours."""
    unknown = sorted({*_unknown_variables(environment), *_unknown_secrets(secrets)})
    if unknown:
        raise UnknownSettings(unknown)


def is_secret(name: str) -> bool:
    """Say whether the value of a setting is never shown."""
    return name in SECRET_NAMES


def refuse_unknown() -> None:
    """End the process with a sentence in two languages if there is an unknown setting."""
    try:
        check()
    except UnknownSettings as error:
        sys.exit(f"{error.message.vi}\n{error.message.en}")


def _unknown_variables(environment: Mapping[str, str]) -> Iterator[str]:
    for name, value in environment.items():
        upper = name.upper()  # names are read in any case
        if upper.startswith(PREFIX) and upper not in SETTING_NAMES and not _is_of_kubernetes(upper, value):
            yield name


def _is_of_kubernetes(name: str, value: str) -> bool:
    port = name.endswith("_PORT") and _PORT_OF_KUBERNETES.match(value)
    return bool(port or _OF_KUBERNETES.search(name))


def _unknown_secrets(folder: Path) -> Iterator[str]:
    """Name the files that are meant as settings (`loa_database_url`)."""
    names = (path.name for path in folder.iterdir()) if folder.is_dir() else ()
    return (name for name in names if name.upper().startswith(PREFIX) and name.upper() not in SETTING_NAMES)
