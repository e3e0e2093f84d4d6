"""The schemas of the Kubernetes Gateway API, from its Go module."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import jsonschema
import yaml

GATEWAY_API: Final = "gateway.networking.k8s.io/"
_MODULE: Final = "sigs.k8s.io/gateway-api@v1.3.0"
_CUSTOM_RESOURCES: Final = "config/crd/standard"
_DOWNLOAD_SECONDS: Final = 240  # less than a test may take


class NoGatewayApiError(Exception):
    """Its schemas are not here; the text says why."""


class GatewayApi:
    """Validates manifests strictly: what the schema does not name is an error.

    Raises:
        NoGatewayApiError: Go cannot get the module.
    """

    def __init__(self) -> None:
        self._schemas: dict[tuple[str, str], Any] = {}
        for path in sorted((_module() / _CUSTOM_RESOURCES).glob("*.yaml")):
            resource = yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]
            for version in resource["versions"]:
                key = (f"{resource['group']}/{version['name']}", resource["names"]["kind"])
                schema = version["schema"]["openAPIV3Schema"]
                schema["properties"]["metadata"] = {"type": "object"}  # Kubernetes knows what is in it
                self._schemas[key] = _strict(schema)

    def validate(self, manifest: dict[str, Any]) -> None:
        """Raise `jsonschema.ValidationError` unless the manifest is right."""
        schema = self._schemas[manifest["apiVersion"], manifest["kind"]]
        jsonschema.Draft202012Validator(schema).validate(manifest)


def _module() -> Path:
    go = shutil.which("go")
    if go is None:
        raise NoGatewayApiError(f"go, which would get {_MODULE}, is not on PATH")
    try:
        done = subprocess.run(
            [go, "mod", "download", "-json", _MODULE],
            env={"GOFLAGS": "-p=1", **os.environ},
            check=True,
            capture_output=True,
            text=True,
            timeout=_DOWNLOAD_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        raise NoGatewayApiError(f"go mod download {_MODULE} failed: {error.stdout[-500:]}") from error
    except subprocess.TimeoutExpired as error:
        raise NoGatewayApiError(f"go mod download {_MODULE} took more than {_DOWNLOAD_SECONDS} s") from error
    return Path(json.loads(done.stdout)["Dir"])


def _strict(schema: Any) -> Any:
    """The same schema, refusing what it does not name."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: _strict(value) for key, value in schema.items()}
    if schema.get("type") == "object" and isinstance(schema.get("properties"), dict):
        strict.setdefault("additionalProperties", False)
    return strict
