"""What the tests of manifests share."""

from pathlib import Path

import pytest
from tests.support.kubernetes_schemas import KubernetesSchemas
from tests.support.kustomize import NoKustomizeError, find_kustomize


@pytest.fixture(scope="session")
def schemas() -> KubernetesSchemas:
    return KubernetesSchemas()


@pytest.fixture(scope="session")
def kustomize() -> Path:
    try:
        return find_kustomize()
    except NoKustomizeError as error:
        pytest.skip(str(error))
