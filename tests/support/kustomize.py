"""What `kustomize build` makes of our folders: as much of it as they use, and an error for anything else."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

# The parser in C, where PyYAML was built with it: ten times as quick.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Manifest = dict[str, Any]
Step = Callable[[list[Manifest], Any, Path], None]

SELECTORS = {
    "Deployment": ("spec.selector.matchLabels",),
    "Service": ("spec.selector",),
    "PodDisruptionBudget": ("spec.selector.matchLabels",),
}
TEMPLATES = ("Deployment", "Job")


def build(folder: Path) -> list[Manifest]:
    """Resolve a folder with its `kustomization.yaml`; a key that this does not know is an `AssertionError`."""
    described: Manifest = _load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    unknown = described.keys() - {"apiVersion", "kind", "resources", *STEPS}
    assert not unknown, f"{folder}: {unknown}"
    manifests = [manifest for name in described["resources"] for manifest in _resource(folder / name)]
    for key, step in STEPS.items():
        if key in described:
            step(manifests, described[key], folder)
    return manifests


def _load(text: str) -> Any:
    return yaml.load(text, LOADER)  # noqa: S506  the safe one, of either make


def _resource(path: Path) -> Sequence[Manifest]:
    if path.is_dir():
        return build(path)
    return [manifest for manifest in yaml.load_all(path.read_text(encoding="utf-8"), LOADER) if manifest]


def _patch(manifests: list[Manifest], patches: Sequence[Manifest], folder: Path) -> None:
    for patch in patches:
        target = patch["target"]
        hit = [manifest for manifest in manifests if _is(manifest, target)]
        assert hit, f"{folder}: nothing is {target}"
        for manifest in hit:
            merge(manifest, _load(patch["patch"]))


def _is(manifest: Manifest, target: Mapping[str, str]) -> bool:
    same_name = target.get("name") in {None, manifest["metadata"]["name"]}
    return manifest["kind"] == target["kind"] and same_name


def merge(manifest: Manifest, patch: Manifest) -> None:
    """Strategic merge: mappings key by key, lists of named items by name, other lists are replaced."""
    for key, value in patch.items():
        present = manifest.get(key)
        if isinstance(value, dict) and isinstance(present, dict):
            merge(present, value)
        elif _named(value) and _named(present):
            _merge_named(present, value)
        else:
            manifest[key] = copy.deepcopy(value)


def _merge_named(present: Any, value: Any) -> None:
    by_name = {entry["name"]: entry for entry in present}
    for item in value:
        if item["name"] in by_name:
            merge(by_name[item["name"]], item)
        else:
            present.append(copy.deepcopy(item))


def _named(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) and "name" in v for v in value)


def _suffix(manifests: list[Manifest], suffix: str, _: Path) -> None:
    renamed = {(manifest["kind"], manifest["metadata"]["name"]) for manifest in manifests}
    for manifest in manifests:
        manifest["metadata"]["name"] += suffix
        scaled = manifest["spec"].get("scaleTargetRef")
        if scaled and (scaled["kind"], scaled["name"]) in renamed:
            scaled["name"] += suffix


def _namespace(manifests: list[Manifest], namespace: str, _: Path) -> None:
    for manifest in manifests:
        manifest["metadata"]["namespace"] = namespace


def _labels(manifests: list[Manifest], labels: Sequence[Manifest], _: Path) -> None:
    for manifest in manifests:
        for label in labels:
            for place in _places(manifest, label):
                place.update(label["pairs"])


def _places(manifest: Manifest, label: Manifest) -> Iterator[Manifest]:
    yield manifest["metadata"].setdefault("labels", {})
    selecting = label.get("includeSelectors")
    if (selecting or label.get("includeTemplates")) and manifest["kind"] in TEMPLATES:
        yield manifest["spec"]["template"].setdefault("metadata", {}).setdefault("labels", {})
    if selecting:
        yield from (_at(manifest, path) for path in SELECTORS.get(manifest["kind"], ()))
        spread = manifest["spec"].get("template", {}).get("spec", {}).get("topologySpreadConstraints", ())
        yield from (item["labelSelector"]["matchLabels"] for item in spread)


def _at(manifest: Manifest, path: str) -> Manifest:
    for key in path.split("."):
        manifest = manifest.setdefault(key, {})
    return manifest


def _images(manifests: list[Manifest], images: Sequence[Manifest], _: Path) -> None:
    for container in (container for manifest in manifests for container in containers(manifest)):
        for image in images:
            name, _, tag = container["image"].partition(":")
            if name == image["name"]:
                tag = image.get("newTag", tag)
                container["image"] = image.get("newName", name) + (f":{tag}" if tag else "")


def containers(manifest: Manifest) -> Sequence[Manifest]:
    pod = (
        manifest.get("spec", {}).get("template", {}).get("spec", {}) if manifest["kind"] in TEMPLATES else {}
    )
    manifests: Sequence[Manifest] = pod.get("containers", ())
    return manifests


# In kustomize's own order: patches see names as they stand in the files.
STEPS: Mapping[str, Step] = {
    "patches": _patch,
    "namespace": _namespace,
    "nameSuffix": _suffix,
    "labels": _labels,
    "images": _images,
}
