"""What `kustomize build` makes of our folders: as much of it as they use, and an error for anything else."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

# The parser in C, where PyYAML was built with it: ten times as quick.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Thing = dict[str, Any]
Step = Callable[[list[Thing], Any, Path], None]

SELECTORS = {
    "Deployment": ("spec.selector.matchLabels",),
    "Service": ("spec.selector",),
    "PodDisruptionBudget": ("spec.selector.matchLabels",),
}
TEMPLATES = ("Deployment", "Job")


def build(folder: Path) -> list[Thing]:
    """Resolve a folder with its `kustomization.yaml`; a key that this does not know is an `AssertionError`."""
    described: Thing = _load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    unknown = described.keys() - {"apiVersion", "kind", "resources", *STEPS}
    assert not unknown, f"{folder}: {unknown}"
    things = [thing for name in described["resources"] for thing in _resource(folder / name)]
    for key, step in STEPS.items():
        if key in described:
            step(things, described[key], folder)
    return things


def _load(text: str) -> Any:
    return yaml.load(text, LOADER)  # noqa: S506  the safe one, of either make


def _resource(path: Path) -> Sequence[Thing]:
    if path.is_dir():
        return build(path)
    return [thing for thing in yaml.load_all(path.read_text(encoding="utf-8"), LOADER) if thing]


def _patch(things: list[Thing], patches: Sequence[Thing], folder: Path) -> None:
    for patch in patches:
        target = patch["target"]
        hit = [one for one in things if _is(one, target)]
        assert hit, f"{folder}: nothing is {target}"
        for thing in hit:
            merge(thing, _load(patch["patch"]))


def _is(thing: Thing, target: Mapping[str, str]) -> bool:
    same_name = target.get("name") in {None, thing["metadata"]["name"]}
    return thing["kind"] == target["kind"] and same_name


def merge(thing: Thing, patch: Thing) -> None:
    """Strategic merge: mappings key by key, lists of named things by name, other lists are replaced."""
    for key, value in patch.items():
        present = thing.get(key)
        if isinstance(value, dict) and isinstance(present, dict):
            merge(present, value)
        elif _named(value) and _named(present):
            _merge_named(present, value)
        else:
            thing[key] = copy.deepcopy(value)


def _merge_named(present: Any, value: Any) -> None:
    by_name = {one["name"]: one for one in present}
    for one in value:
        if one["name"] in by_name:
            merge(by_name[one["name"]], one)
        else:
            present.append(copy.deepcopy(one))


def _named(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) and "name" in v for v in value)


def _suffix(things: list[Thing], suffix: str, _: Path) -> None:
    renamed = {(one["kind"], one["metadata"]["name"]) for one in things}
    for thing in things:
        thing["metadata"]["name"] += suffix
        scaled = thing["spec"].get("scaleTargetRef")
        if scaled and (scaled["kind"], scaled["name"]) in renamed:
            scaled["name"] += suffix


def _namespace(things: list[Thing], namespace: str, _: Path) -> None:
    for thing in things:
        thing["metadata"]["namespace"] = namespace


def _labels(things: list[Thing], labels: Sequence[Thing], _: Path) -> None:
    for thing in things:
        for label in labels:
            for place in _places(thing, label):
                place.update(label["pairs"])


def _places(thing: Thing, label: Thing) -> Iterator[Thing]:
    yield thing["metadata"].setdefault("labels", {})
    selecting = label.get("includeSelectors")
    if (selecting or label.get("includeTemplates")) and thing["kind"] in TEMPLATES:
        yield thing["spec"]["template"].setdefault("metadata", {}).setdefault("labels", {})
    if selecting:
        yield from (_at(thing, path) for path in SELECTORS.get(thing["kind"], ()))
        spread = thing["spec"].get("template", {}).get("spec", {}).get("topologySpreadConstraints", ())
        yield from (one["labelSelector"]["matchLabels"] for one in spread)


def _at(thing: Thing, path: str) -> Thing:
    for key in path.split("."):
        thing = thing.setdefault(key, {})
    return thing


def _images(things: list[Thing], images: Sequence[Thing], _: Path) -> None:
    for container in (one for thing in things for one in containers(thing)):
        for image in images:
            name, _, tag = container["image"].partition(":")
            if name == image["name"]:
                tag = image.get("newTag", tag)
                container["image"] = image.get("newName", name) + (f":{tag}" if tag else "")


def containers(thing: Thing) -> Sequence[Thing]:
    pod = thing.get("spec", {}).get("template", {}).get("spec", {}) if thing["kind"] in TEMPLATES else {}
    found: Sequence[Thing] = pod.get("containers", ())
    return found


# In kustomize's own order: patches see names as they stand in the files.
STEPS: Mapping[str, Step] = {
    "patches": _patch,
    "namespace": _namespace,
    "nameSuffix": _suffix,
    "labels": _labels,
    "images": _images,
}
