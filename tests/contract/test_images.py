"""The images hold what their services need, and run here as confined as in Kubernetes."""

import re
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from fansipan_local.parts.image import GATEWAY_MEMORY_LIMIT, MEMORY_LIMIT, USER, run_image

ROOT: Final = Path(__file__).parents[2]
IMAGES: Final = {
    "ingest": "services/ingest",
    "analytics": "services/analytics",
    "gateway": "services/gateway",
    "cli": "libs/cli",
}


def _project(folder: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))


def _ours(folder: str) -> set[str]:
    """The folders of our own distributions that one needs, with itself."""
    members: list[str] = _project(".")["tool"]["uv"]["workspace"]["members"]
    folders = {_project(member)["project"]["name"]: member for member in members}
    needed = {folder}
    for dependency in _project(folder)["project"]["dependencies"]:
        name = re.split(r"[\[<>=!~; ]", dependency)[0]
        if name in folders:
            needed |= _ours(folders[name])
    return needed


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_gets_its_distributions_and_no_other(image: str):
    lines = (ROOT / IMAGES[image] / "Dockerfile").read_text(encoding="utf-8").splitlines()
    (install,) = (line for line in lines if line.startswith("RUN deploy/images/install "))
    assert {place.removeprefix("./") for place in install.split()[2:]} == _ours(IMAGES[image])
    assert not any("index-url" in line for line in lines)


@pytest.mark.parametrize("service", ["ingest", "analytics", "gateway"])
def test_a_container_here_is_confined_as_its_pod(service: str):
    documents = yaml.safe_load_all((ROOT / f"deploy/k8s/base/{service}.yaml").read_text(encoding="utf-8"))
    (deployment,) = (each for each in documents if each["kind"] == "Deployment")
    pod: dict[str, Any] = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    wanted = GATEWAY_MEMORY_LIMIT if service == "gateway" else MEMORY_LIMIT
    assert container["resources"]["limits"]["memory"].replace("Mi", "m") == wanted
    assert f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}" == USER
    confined = container["securityContext"]
    assert confined == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    command = run_image("image", "name", ["B", "A"])
    assert {"--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", f"--user={USER}"} <= {
        *command
    }
    assert [option for option in command if option.startswith("--env=")] == ["--env=A", "--env=B"]
    assert command[-1] == "image"
