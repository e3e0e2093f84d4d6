"""The schemas of custom resources: got when a test wants them, never committed.

Each API group has a source, one line in `SOURCES`. Before it, the folder that FANSIPAN_CRDS names is looked into: it
may hold the definitions of a cluster (`kubectl get crd NAME -o yaml`), in whatever versions are installed there.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol

import jsonschema
import yaml
from tests.support.strimzi import NoStrimziError, strimzi_definitions

from fansipan_local.paths import cache_folder

FOLDER_VARIABLE: Final = "FANSIPAN_CRDS"
_DOWNLOAD_SECONDS: Final = 240  # less than a test may take


class _Loader(yaml.CSafeLoader):
    """Takes the plain scalar `=` (YAML 1.1's default value, an operator in Prometheus's schemas) as text."""


def _as_text(loader: _Loader, node: yaml.ScalarNode) -> Any:
    return loader.construct_scalar(node)


_Loader.add_constructor("tag:yaml.org,2002:value", _as_text)


class NoSchemasError(Exception):
    """They are not here and cannot be had; the text says why."""


class Source(Protocol):
    """Where definitions of custom resources come from."""

    def folder(self) -> Path:
        """The folder with their files. Raises `NoSchemasError`."""
        ...


@dataclass(frozen=True)
class GoModule:
    """A folder of a Go module, got by Go into its own cache."""

    module: str
    inside: str

    def folder(self) -> Path:
        """Its place in the cache of Go. Raises `NoSchemasError`: Go is not here, or cannot get the module."""
        go = shutil.which("go")
        if go is None:
            raise NoSchemasError(f"go, which would get {self.module}, is not on PATH")
        try:
            done = subprocess.run(
                [go, "mod", "download", "-json", self.module],
                cwd=tempfile.gettempdir(),
                env={"GOFLAGS": "-p=1", **os.environ},
                check=True,
                capture_output=True,
                text=True,
                timeout=_DOWNLOAD_SECONDS,
            )
        except subprocess.CalledProcessError as error:
            raise NoSchemasError(f"go mod download {self.module} failed: {error.stdout[-500:]}") from error
        except subprocess.TimeoutExpired as error:
            raise NoSchemasError(
                f"go mod download {self.module} took more than {_DOWNLOAD_SECONDS} s"
            ) from error
        return Path(json.loads(done.stdout)["Dir"]) / self.inside


@dataclass(frozen=True)
class Strimzi:
    """Strimzi's own generator, got by Maven and run once."""

    version: str

    def folder(self) -> Path:
        """Its place in the cache of this user. Raises `NoSchemasError`."""
        try:
            return strimzi_definitions(cache_folder(os.environ), self.version)
        except NoStrimziError as error:
            raise NoSchemasError(str(error)) from error


SOURCES: Final[Mapping[str, Source]] = {
    "gateway.networking.k8s.io": GoModule("sigs.k8s.io/gateway-api@v1.3.0", "config/crd/standard"),
    "kafka.strimzi.io": Strimzi("1.2.0"),
    "postgresql.cnpg.io": GoModule("github.com/cloudnative-pg/cloudnative-pg@v1.27.1", "config/crd/bases"),
    "barmancloud.cnpg.io": GoModule(
        "github.com/cloudnative-pg/plugin-barman-cloud@v0.15.0", "config/crd/bases"
    ),
    "keda.sh": GoModule("github.com/kedacore/keda/v2@v2.21.0", "config/crd/bases"),
    "external-secrets.io": GoModule(
        "github.com/external-secrets/external-secrets@v1.3.2", "config/crds/bases"
    ),
    "cert-manager.io": GoModule("github.com/cert-manager/cert-manager@v1.21.2", "deploy/crds"),
    "monitoring.coreos.com": GoModule(
        "github.com/prometheus-operator/prometheus-operator@v0.85.0", "example/prometheus-operator-crd"
    ),
}


def group_of(manifest: Mapping[str, Any]) -> str:
    """The API group of a manifest: `apps` of `apps/v1`, nothing of `v1`."""
    return manifest["apiVersion"].rpartition("/")[0]


@cache
def definitions_of(group: str) -> list[dict[str, Any]]:
    """The CustomResourceDefinitions of a group, not to be changed. Raises `NoSchemasError`: they cannot be had."""
    given = os.environ.get(FOLDER_VARIABLE)
    found = _read(group, Path(given)) if given else []
    found = found or _read(group, SOURCES[group].folder())
    if not found:
        raise NoSchemasError(f"the source of {group} defines nothing of that group")
    return found


class CustomResources:
    """Validates manifests of one API group strictly: what the schema does not name is an error.

    Rules that are written in CEL (`x-kubernetes-validations`) are not evaluated.

    Raises:
        NoSchemasError: the definitions of `group` cannot be had.
    """

    def __init__(self, group: str) -> None:
        self._schemas: dict[tuple[str, str], Any] = {}
        for definition in definitions_of(group):
            spec = definition["spec"]
            for version in spec["versions"]:
                schema = version["schema"]["openAPIV3Schema"]
                of_all = {"metadata": {"type": "object"}}  # Kubernetes knows what is in it
                of_all |= {name: {"type": "string"} for name in ("apiVersion", "kind")}
                whole = {**schema, "properties": {**schema["properties"], **of_all}}
                self._schemas[f"{group}/{version['name']}", spec["names"]["kind"]] = _strict(whole)

    def validate(self, manifest: Mapping[str, Any]) -> None:
        """Raise `jsonschema.ValidationError` unless the manifest is right."""
        schema = self._schemas.get((manifest["apiVersion"], manifest["kind"]))
        if schema is None:
            raise jsonschema.ValidationError(f"there is no {manifest['kind']} in {manifest['apiVersion']}")
        jsonschema.Draft202012Validator(schema).validate(manifest)


def _read(group: str, folder: Path) -> list[dict[str, Any]]:
    return [
        document
        for path in sorted(folder.glob("*.yaml"))
        for document in yaml.load_all(path.read_text(encoding="utf-8"), Loader=_Loader)
        if isinstance(document, dict)
        and document.get("kind") == "CustomResourceDefinition"
        and document["spec"]["group"] == group
    ]


def _strict(schema: Any) -> Any:
    """The same schema, refusing what it does not name."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: _strict(value) for key, value in schema.items()}
    open_ended = schema.get("x-kubernetes-preserve-unknown-fields", False)
    if schema.get("type") == "object" and isinstance(schema.get("properties"), dict) and not open_ended:
        strict.setdefault("additionalProperties", False)
    return strict
