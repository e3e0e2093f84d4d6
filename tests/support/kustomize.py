"""Kustomize, and what it makes of `deploy/k8s`."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from fansipan_local.paths import cache_folder

MANIFESTS: Final = Path(__file__).parents[2] / "deploy" / "k8s"
_VERSION: Final = "v5.7.1"
_SOURCE: Final = f"sigs.k8s.io/kustomize/kustomize/v5@{_VERSION}"
_INSTALL_SECONDS: Final = 280  # less than a test may take

Manifest = dict[str, Any]


class _Loader(yaml.CSafeLoader):
    """As Kubernetes reads YAML: it knows no dates."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


class NoKustomizeError(Exception):
    """It is not here and could not be made; the text says why."""


def find_kustomize() -> Path:
    """The command: that of PATH, else one that Go builds into the cache of this user (a minute, once).

    Raises:
        NoKustomizeError: neither is possible.
    """
    if found := shutil.which("kustomize"):
        return Path(found)
    folder = cache_folder(os.environ) / f"kustomize-{_VERSION}"
    command = folder / "kustomize"
    if command.is_file():
        return command
    go = shutil.which("go")
    if go is None:
        raise NoKustomizeError("neither kustomize nor go, which could build it, is on PATH")
    environment = {"GOFLAGS": "-p=1", **os.environ, "GOBIN": str(folder)}
    try:
        subprocess.run(
            [go, "install", _SOURCE],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=_INSTALL_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        raise NoKustomizeError(f"go install {_SOURCE} failed: {error.stderr[-500:]}") from error
    except subprocess.TimeoutExpired as error:
        raise NoKustomizeError(f"go install {_SOURCE} took more than {_INSTALL_SECONDS} s") from error
    return command


def kustomizations() -> list[Path]:
    """The folders that can be rendered by themselves: base and overlays."""
    return [MANIFESTS / "base", *sorted((MANIFESTS / "overlays").iterdir())]


def chosen_combinations() -> list[Path]:
    """The folders that combine components as somebody might."""
    return sorted((MANIFESTS / "tests").iterdir())


def components() -> list[Path]:
    """The folders of parts that are added to a base."""
    return sorted((MANIFESTS / "components").iterdir())


def render(kustomize: Path, folder: Path) -> list[Manifest]:
    """What a folder with a kustomization comes to."""
    done = subprocess.run(
        [kustomize, "build", folder], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, done.stderr  # deprecations are said there
    return [each for each in yaml.load_all(done.stdout, Loader=_Loader) if each is not None]


def combine(folder: Path, parts: Sequence[Path]) -> None:
    """Write a kustomization into `folder`: the base with these components."""
    document = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": "fansipan",
        "resources": [os.path.relpath(MANIFESTS / "base", folder)],
        "components": [os.path.relpath(part, folder) for part in parts],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")


def of_kind(manifests: Sequence[Manifest], kind: str) -> dict[str, Manifest]:
    """The manifests of a kind, by name."""
    return {each["metadata"]["name"]: each for each in manifests if each["kind"] == kind}


def pod_templates(manifests: Sequence[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """Name and pod template of each Deployment, StatefulSet and Job."""
    for kind in ("Deployment", "StatefulSet", "Job"):
        for name, manifest in of_kind(manifests, kind).items():
            yield name, manifest["spec"]["template"]


def files_of(pod: Manifest, container: Manifest) -> set[str]:
    """The files of Secrets that a container finds, each named in the manifest."""
    folders = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    files: set[str] = set()
    for volume in pod["volumes"]:
        sources = [volume, *volume.get("projected", {}).get("sources", [])]
        for secret in (source["secret"] for source in sources if "secret" in source):
            files |= {f"{folders[volume['name']]}/{item['path']}" for item in secret["items"]}
    return files


def secrets_of(pod: Manifest) -> dict[str, set[str]]:
    """The Secrets that a pod mounts, and which keys of each."""
    needed: dict[str, set[str]] = {}
    for volume in pod["volumes"]:
        sources = [volume, *volume.get("projected", {}).get("sources", [])]
        for secret in (source["secret"] for source in sources if "secret" in source):
            name = secret.get("secretName", secret.get("name"))
            needed.setdefault(name, set()).update(item["key"] for item in secret["items"])
    return needed


def environment_of(manifests: Sequence[Manifest], container: Manifest) -> dict[str, str]:
    """The variables that a container gets, as written in the manifests."""
    maps = of_kind(manifests, "ConfigMap")
    values: dict[str, str] = {}
    for source in container.get("envFrom", []):
        values |= maps[source["configMapRef"]["name"]]["data"]
    for variable in container.get("env", []):
        if "value" in variable:
            values[variable["name"]] = variable["value"]
        else:
            reference = variable["valueFrom"]["configMapKeyRef"]
            values[variable["name"]] = maps[reference["name"]]["data"][reference["key"]]
    return values
