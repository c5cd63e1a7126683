"""Checks Kubernetes manifests without a cluster: `python -m cli.manifests deploy/k8s`.

Every object is held against the schema of its kind, unknown keys included, so that a
misspelt key is found here and not in a cluster that ignores it. A kustomization is no
object: every file it lists must exist. Patches are parts of objects, and left alone.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml

_KUSTOMIZATION = "kustomization.yaml"
_LISTS = ("resources", "components", "configurations", "crds")


def problems(root: Path) -> list[str]:
    """What is wrong with the manifests below this folder, a line each."""
    found: list[str] = []
    patches: set[Path] = set()
    for kustomization in sorted(root.rglob(_KUSTOMIZATION)):
        content = yaml.safe_load(kustomization.read_text()) or {}
        listed = [kustomization.parent / name for name in _listed(content)]
        found += [
            f"{kustomization}: lists {path.name}, which is not there"
            for path in listed
            if not _is_there(path)
        ]
        patches |= {(kustomization.parent / p).resolve() for p in _patches(content)}
    for path in sorted(root.rglob("*.yaml")):
        if path.name != _KUSTOMIZATION and path.resolve() not in patches:
            found += [f"{path}: {problem}" for problem in _in_file(path)]
    return found


def _listed(content: dict[str, Any]) -> Iterator[str]:
    """The local paths a kustomization names."""
    for key in _LISTS:
        yield from (name for name in content.get(key) or [] if "://" not in name)
    yield from _patches(content)
    for generator in ("configMapGenerator", "secretGenerator"):
        for entry in content.get(generator) or []:
            for name in [*entry.get("files", []), *entry.get("envs", [])]:
                yield name.rpartition("=")[2]


def _patches(content: dict[str, Any]) -> Iterator[str]:
    yield from (p["path"] for p in content.get("patches") or [] if "path" in p)


def _is_there(path: Path) -> bool:
    return (path / _KUSTOMIZATION).is_file() if path.is_dir() else path.is_file()


def _in_file(path: Path) -> Iterator[str]:
    try:
        documents = [d for d in yaml.safe_load_all(path.read_text()) if d is not None]
    except yaml.YAMLError as error:
        yield f"is not YAML: {error}"
        return
    for document in documents:
        if not isinstance(document, dict) or not {"kind", "apiVersion"} <= set(
            document
        ):
            yield "holds something without a kind and an apiVersion"
        elif problem := _in_object(document):
            yield f"{document['kind']}: {problem}"


def _in_object(document: dict[str, Any]) -> str | None:
    newest = kubernetes_validate.latest_version()
    try:
        kubernetes_validate.validate(document, newest, strict=True)
    except kubernetes_validate.ValidationError as error:
        return f"{'.'.join(map(str, error.path)) or 'object'}: {error.message}"
    except kubernetes_validate.SchemaNotFoundError:
        if not _is_custom(document["apiVersion"]):
            return f"Kubernetes {newest} has no such kind in {document['apiVersion']}"
    return None


def _is_custom(api_version: str) -> bool:
    """Whether an operator brings this kind, so that Kubernetes has no schema of it."""
    group = api_version.rpartition("/")[0]
    return "." in group and not group.endswith(".k8s.io")


def main(root: Path) -> int:
    """Print the problems; the exit status."""
    found = problems(root)
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
