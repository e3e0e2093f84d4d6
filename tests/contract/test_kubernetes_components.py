"""Every component of `deploy/k8s` renders, alone and with all others, and what it brings is valid, strictly."""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import jsonschema
import pytest
import yaml
from tests.support.custom_resources import SOURCES, CustomResources, NoSchemasError, group_of
from tests.support.kubernetes_schemas import KubernetesSchemas
from tests.support.kustomize import (
    MANIFESTS,
    Manifest,
    chosen_combinations,
    combine,
    components,
    kustomizations,
    of_kind,
    render,
)

ONE_OF: Final = (("ingress", "ingress-gateway-api"), ("postgres", "postgres-cloudnativepg"))
"""Components that do the same in two ways."""


def everything_together() -> list[list[Path]]:
    """All components at once, the first or the second way of each choice, in both orders.

    Two that do not bear each other (the same name twice, a patch that another has made impossible) do not do so
    here either: this is cheaper than every pair, and than every subset, which double with each new component.
    """
    sets: list[list[Path]] = []
    for way in (0, 1):
        left_out = {names[1 - way] for names in ONE_OF}
        chosen = [part for part in components() if part.name not in left_out]
        sets += [chosen, chosen[::-1]]
    return sets


@pytest.fixture(scope="module")
def rendered(kustomize: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Manifest]]:
    """What each component alone, all of them, the examples and the overlays come to."""
    found: dict[str, list[Manifest]] = {}
    sets = {part.name: [part] for part in components()}
    sets |= {f"everything-{number}": parts for number, parts in enumerate(everything_together())}
    for name, parts in sets.items():
        # A kustomization reaches what lies above it by relative paths only, and those of links are not followed.
        folder = tmp_path_factory.mktemp(name).resolve()
        combine(folder, parts)
        found[name] = render(kustomize, folder)
    for folder in (*kustomizations(), *chosen_combinations()):
        found[str(folder.relative_to(MANIFESTS))] = render(kustomize, folder)
    return found


@pytest.fixture(scope="module")
def by_group(rendered: dict[str, list[Manifest]]) -> dict[str, list[Manifest]]:
    """The different manifests of each API group."""
    groups: dict[str, dict[str, Manifest]] = defaultdict(dict)
    for manifests in rendered.values():
        for each in manifests:
            groups[group_of(each)][json.dumps(each, sort_keys=True)] = each
    return {group: [*contents.values()] for group, contents in groups.items()}


def resources_of(group: str) -> CustomResources:
    try:
        return CustomResources(group)
    except NoSchemasError as error:
        pytest.skip(str(error))


def test_all_combinations_are_valid(rendered: dict[str, list[Manifest]], schemas: KubernetesSchemas) -> None:
    for manifests in rendered.values():
        schemas.check(manifests)


def test_each_custom_resource_has_a_source_of_its_schema(by_group: dict[str, list[Manifest]]) -> None:
    ours = {group for group in by_group if "." in group and not group.endswith("k8s.io")}
    assert ours | {"gateway.networking.k8s.io"} <= SOURCES.keys()


@pytest.mark.parametrize("group", sorted(SOURCES))
def test_custom_resources_are_valid(by_group: dict[str, list[Manifest]], group: str) -> None:
    manifests = by_group[group]
    resources = resources_of(group)
    for manifest in manifests:
        resources.validate(manifest)
    spec = manifests[0]["spec"]
    with pytest.raises(jsonschema.ValidationError):
        resources.validate({**manifests[0], "spec": {**spec, "misspelt": 1}})


def test_what_a_component_brings_does_not_depend_on_the_order(rendered: dict[str, list[Manifest]]) -> None:
    for first, second in (("everything-0", "everything-1"), ("everything-2", "everything-3")):
        assert identities(rendered[first]) == identities(rendered[second])


def identities(manifests: Sequence[Manifest]) -> set[tuple[str, str, str]]:
    return {(each["apiVersion"], each["kind"], each["metadata"]["name"]) for each in manifests}


def test_a_component_changes_nothing_that_it_does_not_name(rendered: dict[str, list[Manifest]]) -> None:
    """Only what is said to be replaced is gone: the Job `topics`, and the autoscaler of analytics."""
    base = identities(rendered["base"])
    gone = {
        (kind, name)
        for component in components()
        for _, kind, name in base - identities(rendered[component.name])
        if kind != "ConfigMap"  # the name has a hash of what is in it
    }
    assert gone == {("Job", "topics"), ("HorizontalPodAutoscaler", "analytics")}


def test_policies_come_with_the_default(rendered: dict[str, list[Manifest]]) -> None:
    """A policy that lets something out also shuts the rest in, so flows are opened only beside all others."""
    for folder in (*kustomizations(), *chosen_combinations()):
        policies = of_kind(rendered[str(folder.relative_to(MANIFESTS))], "NetworkPolicy")
        assert not policies or "default-deny" in policies, folder


def test_each_component_is_in_an_example() -> None:
    """Overlays and examples are what the policy scan looks at."""
    used = {
        Path(part).name
        for folder in (*kustomizations(), *chosen_combinations())
        for part in yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8")).get(
            "components", []
        )
    }
    assert used == {part.name for part in components()}


def test_routes_lead_to_services(rendered: dict[str, list[Manifest]]) -> None:
    manifests = rendered["ingress-gateway-api"]
    routes, services = of_kind(manifests, "HTTPRoute"), of_kind(manifests, "Service")
    assert routes.keys() == {"gateway", "ingest"}
    for name, route in routes.items():
        (port,) = services[name]["spec"]["ports"]
        for rule in route["spec"]["rules"]:
            assert rule["backendRefs"] == [{"name": name, "port": port["port"]}]


def test_certificates_are_those_that_are_used(rendered: dict[str, list[Manifest]]) -> None:
    manifests = [*rendered["cert-manager"], *rendered["ingress"]]
    made = {
        each["spec"]["secretName"]: each["spec"]["dnsNames"]
        for each in of_kind(manifests, "Certificate").values()
    }
    used = {
        tls["secretName"]: tls["hosts"]
        for ingress in of_kind(manifests, "Ingress").values()
        for tls in ingress["spec"]["tls"]
    }
    assert made == used
