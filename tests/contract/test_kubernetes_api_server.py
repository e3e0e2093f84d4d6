"""A real API server takes all manifests: types, defaults, rules of custom resources, and Pod Security as `restricted`.

It is skipped unless there is one (`make api-server`); nothing runs in it, so nothing is said of how pods behave.
"""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from tests.support.api_server import ApiServer, NoApiServerError, api_server
from tests.support.custom_resources import SOURCES, NoSchemasError, definitions_of, group_of
from tests.support.kustomize import (
    MANIFESTS,
    Manifest,
    chosen_combinations,
    kustomizations,
    of_kind,
    pod_templates,
    render,
)

FOLDERS = [*kustomizations(), *chosen_combinations()]


@pytest.fixture(scope="module")
def rendered(kustomize: Path) -> dict[Path, list[Manifest]]:
    return {folder: render(kustomize, folder) for folder in FOLDERS}


@pytest.fixture(scope="module")
def server(
    rendered: dict[Path, list[Manifest]], tmp_path_factory: pytest.TempPathFactory
) -> Generator[tuple[ApiServer, set[str]]]:
    """The server with the namespaces, and the groups whose resources it knows."""
    used = {(group_of(each), each["kind"]) for manifests in rendered.values() for each in manifests}
    try:
        with api_server(tmp_path_factory.mktemp("api-server")) as running:
            known: set[str] = set()
            for group in sorted({group for group, _ in used} & SOURCES.keys()):
                try:
                    definitions = definitions_of(group)
                except NoSchemasError:
                    continue
                for definition in definitions:
                    if (group, definition["spec"]["names"]["kind"]) in used:
                        running.define(without_webhook(definition))
                known.add(group)
            for manifests in rendered.values():
                for namespace in of_kind(manifests, "Namespace").values():
                    assert running.apply(namespace).status in (200, 201)
            yield running, known
    except NoApiServerError as error:
        pytest.skip(str(error))


def without_webhook(definition: dict[str, Any]) -> dict[str, Any]:
    """Nobody is there who could convert one version to another."""
    spec = {key: value for key, value in definition["spec"].items() if key != "conversion"}
    return {
        "apiVersion": definition["apiVersion"],
        "kind": definition["kind"],
        "metadata": {
            "name": definition["metadata"]["name"],
            "annotations": definition["metadata"].get("annotations", {}),
        },
        "spec": spec,
    }


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(MANIFESTS)))
def test_everything_is_taken_without_a_warning(
    server: tuple[ApiServer, set[str]], rendered: dict[Path, list[Manifest]], folder: Path
) -> None:
    running, known = server
    for manifest in rendered[folder]:
        if group_of(manifest) in SOURCES.keys() - known:
            continue
        answer = running.apply(manifest, dry_run=True)
        assert answer.status in (200, 201), answer.text
        assert answer.warnings == (), f"{manifest['kind']} {manifest['metadata']['name']}"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(MANIFESTS)))
def test_pods_are_let_into_the_namespace(
    server: tuple[ApiServer, set[str]], rendered: dict[Path, list[Manifest]], folder: Path
) -> None:
    running, _ = server
    (namespace,) = of_kind(rendered[folder], "Namespace")
    stateful = of_kind(rendered[folder], "StatefulSet")
    for name, template in pod_templates(rendered[folder]):
        claims = stateful[name]["spec"]["volumeClaimTemplates"] if name in stateful else []
        claimed = [
            {"name": claim["metadata"]["name"], "persistentVolumeClaim": {"claimName": name}}
            for claim in claims
        ]
        pod: Manifest = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {**template["spec"], "volumes": [*template["spec"]["volumes"], *claimed]},
        }
        answer = running.apply(pod, dry_run=True)
        assert answer.status == 201, answer.text
        (container,) = pod["spec"]["containers"]
        loose = {
            **container,
            "securityContext": {**container["securityContext"], "allowPrivilegeEscalation": True},
        }
        refused = running.apply({**pod, "spec": {**pod["spec"], "containers": [loose]}}, dry_run=True)
        assert refused.status == 403
        assert "violates PodSecurity" in refused.text


def test_what_is_wrong_is_seen(
    server: tuple[ApiServer, set[str]], rendered: dict[Path, list[Manifest]]
) -> None:
    running, _ = server
    deployment = of_kind(rendered[MANIFESTS / "base"], "Deployment")["ingest"]
    template = deployment["spec"]["template"]
    loose = {**template, "spec": {**template["spec"], "hostNetwork": True}}
    answer = running.apply({**deployment, "spec": {**deployment["spec"], "template": loose}}, dry_run=True)
    assert answer.status == 201, answer.text
    assert "would violate PodSecurity" in "".join(answer.warnings)
    answer = running.apply({**deployment, "spec": {**deployment["spec"], "strategie": {}}}, dry_run=True)
    assert answer.status >= 400, answer.text
    assert "strategie" in answer.text
