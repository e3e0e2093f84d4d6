"""What NetworkPolicies let through, as Kubernetes decides: who is chosen by any may do only what one of them names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.kustomize import Manifest

_SIDES: Final = {"egress": "to", "ingress": "from"}


@dataclass(frozen=True)
class Peer:
    """Somebody who talks or is talked to.

    Attributes:
        labels: of the pod.
        namespace: labels of the namespace of somebody else's pod; None: it is in ours.
        address: of who is no pod.
    """

    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    namespace: Mapping[str, str] | None = None
    address: str | None = None


def flows(
    policies: Iterable[Manifest], source: Peer, target: Peer, port: int, port_name: str | None = None
) -> bool:
    """Whether a connection comes about. Each side that is a pod of ours has to allow it."""
    policies = list(policies)
    return all(
        _allows(policies, pod, direction, other, {port, port_name} - {None})
        for pod, direction, other in ((source, "egress", target), (target, "ingress", source))
        if pod.namespace is None and pod.address is None
    )


def _allows(policies: list[Manifest], pod: Peer, direction: str, other: Peer, ports: set[Any]) -> bool:
    chosen = [
        policy["spec"]
        for policy in policies
        if direction.capitalize() in policy["spec"]["policyTypes"]
        and matches(policy["spec"]["podSelector"], pod.labels)
    ]
    return not chosen or any(
        any(_is(peer, other) for peer in rule[_SIDES[direction]])
        and any(each["protocol"] == "TCP" and each["port"] in ports for each in rule["ports"])
        for spec in chosen
        for rule in spec.get(direction, [])
    )


def _is(peer: Mapping[str, Any], other: Peer) -> bool:
    if "ipBlock" in peer:
        assert peer["ipBlock"]["cidr"] in ("0.0.0.0/0", "::/0"), (
            "what is in a smaller network is not decided here"
        )
        return other.address is not None
    if other.address is not None:
        return False
    if "namespaceSelector" not in peer:
        return other.namespace is None and matches(peer["podSelector"], other.labels)
    return (
        other.namespace is not None
        and matches(peer["namespaceSelector"], other.namespace)
        and matches(peer.get("podSelector", {}), other.labels)
    )


def matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether labels are those that a selector wants."""
    assert selector.keys() <= {"matchLabels", "matchExpressions"}
    for expression in selector.get("matchExpressions", []):
        assert expression["operator"] == "In"
        if labels.get(expression["key"]) not in expression["values"]:
            return False
    return selector.get("matchLabels", {}).items() <= labels.items()
