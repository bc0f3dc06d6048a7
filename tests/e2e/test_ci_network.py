"""What `.ci/run` removes after its container engine, seen in a network namespace with a real dockerd."""

import os
import subprocess
from pathlib import Path
from shutil import which

import pytest

from tests.support.required import leave_out
from tests.support.servers.containers import PROMISE

pytestmark = [pytest.mark.container, pytest.mark.timeout(180)]

CI = Path(__file__).parents[2] / ".ci"
# Prints the links, rules and settings before dockerd, while it has a network of a project, and after the clean-up.
SESSION = """
set -euo pipefail
cd {folder}
. {ci}/engine-network
ip link set lo up
{before}
show() {{
  echo "== $1"
  ip -o link show | awk -F ': ' '{{ print $2 }}'
  {{ iptables-save; ip6tables-save; }} | grep -E '^-|^:.*(DROP| - )' | sed 's/ \\[.*//' || true
  cat /proc/sys/net/ipv4/ip_forward
}}
mkdir network
record_network network
show before
export DOCKER_HOST=unix://{folder}/docker.sock
dockerd --host "$DOCKER_HOST" --data-root {folder}/data --exec-root {folder}/exec --pidfile {folder}/pid >log 2>&1 &
engine=$!
for _ in $(seq 60); do docker info >/dev/null 2>&1 && break; sleep 0.5; done
docker network create of-a-project >/dev/null
show during
kill "$engine"
wait "$engine" || true
restore_network network
show after
"""


def session(folder: Path, before: str = "") -> dict[str, list[str]]:
    """Run dockerd in a network namespace of its own; give what was shown, by moment."""
    needed = ("unshare", "dockerd", "docker", "iptables-save")
    if os.geteuid() or not all(which(name) for name in needed):
        leave_out(f"root and {', '.join(needed)} are needed", PROMISE)
    script = SESSION.format(folder=folder, ci=CI, before=before)
    done = subprocess.run(
        ["unshare", "--net", "bash", "-c", script], capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr + (folder / "log").read_text()[-2000:]
    parts = [part.splitlines() for part in done.stdout.split("== ")[1:]]
    return {moment: lines for moment, *lines in parts}


def test_the_engine_leaves_no_link_rule_or_setting_behind(tmp_path: Path) -> None:
    shown = session(tmp_path)
    assert "docker0" in shown["during"]
    assert sum(line.startswith("br-") for line in shown["during"]) == 1
    assert any("DOCKER" in line for line in shown["during"])
    assert shown["after"] == shown["before"]


def test_rules_of_others_stay(tmp_path: Path) -> None:
    shown = session(
        tmp_path, "iptables -A INPUT -p tcp --dport 22 -m comment --comment 'an own rule' -j ACCEPT"
    )
    assert any("an own rule" in line for line in shown["before"])
    assert shown["after"] == shown["before"]


def test_a_docker_that_was_there_before_is_left_alone(tmp_path: Path) -> None:
    shown = session(tmp_path, "ip link add docker0 type bridge; iptables -N DOCKER-USER")
    assert "docker0" in shown["after"]
    assert any("DOCKER-USER" in line for line in shown["after"])
