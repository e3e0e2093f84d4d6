"""Strict validation of what Kubernetes itself knows, in the oldest and the newest version that we speak of."""

import json
from collections.abc import Iterable
from typing import Final

import kubernetes_validate
from tests.support.custom_resources import SOURCES, group_of
from tests.support.kustomize import Manifest

OLDEST_KUBERNETES: Final = "1.30"  # the first that knows preStop.sleep without being asked
NEWEST_KUBERNETES: Final = "1.37"


class KubernetesSchemas:
    """Validates manifests strictly, each content once: combinations hold much of the same."""

    def __init__(self) -> None:
        self._well: set[str] = set()

    def check(self, manifests: Iterable[Manifest]) -> None:
        """Raise `kubernetes_validate.ValidationError` unless each is right in both versions.

        Custom resources are left out: their schemas are elsewhere (`tests.support.custom_resources`).
        """
        for manifest in manifests:
            content = json.dumps(manifest, sort_keys=True)
            if content in self._well or group_of(manifest) in SOURCES:
                continue
            for version in (OLDEST_KUBERNETES, NEWEST_KUBERNETES):
                kubernetes_validate.validate(manifest, version, strict=True)
            self._well.add(content)
