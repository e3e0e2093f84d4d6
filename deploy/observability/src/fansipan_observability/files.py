"""Every file that is made, by its path in the repository."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import yaml

from fansipan_observability.dashboards import DASHBOARDS, brokers
from fansipan_observability.objectives import load_objectives
from fansipan_observability.page import telemetry_page
from fansipan_observability.rules import Document, rule_files, store_rule_files

_MADE: Final = "# Made by `make observability`: change deploy/observability/slos.yaml or its code instead.\n"
_FOLDER: Final = Path("deploy/observability")
_COMPONENT: Final = Path("deploy/k8s/components/monitoring")
_STORES: Final = Path("deploy/k8s/components/stores-monitoring")


def made_files(root: Path) -> dict[Path, str]:
    """What every file has to hold.

    Args:
        root: of the repository.
    """
    objectives = load_objectives(root / _FOLDER / "slos.yaml")
    rules = rule_files(objectives)
    dashboards = {f"{name}.json": build(objectives).json() for name, build in DASHBOARDS.items()}
    files = {_FOLDER / "rules" / name: _yaml(document) for name, document in rules.items()}
    files |= {_FOLDER / "dashboards" / name: text for name, text in dashboards.items()}
    # Kustomize reads no file above its kustomization, so the component has copies.
    files |= {_COMPONENT / "dashboards" / name: text for name, text in dashboards.items()}
    files[_COMPONENT / "rules.yaml"] = _prometheus_rule("fansipan", rules.values())
    # Apart from the others, because only who has the stores scraped can have them answered.
    of_stores, board = store_rule_files(objectives), brokers.board().json()
    files |= {_FOLDER / "stores" / name: _yaml(document) for name, document in of_stores.items()}
    files[_FOLDER / "stores" / "brokers.json"] = board
    files[_STORES / "dashboards" / "brokers.json"] = board
    files[_STORES / "rules.yaml"] = _prometheus_rule("fansipan-stores", of_stores.values())
    files[Path("docs/telemetry.md")] = telemetry_page(objectives)
    return files


def _prometheus_rule(name: str, documents: Iterable[Document]) -> str:
    return _yaml(
        {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": {"name": name},
            "spec": {"groups": [group for document in documents for group in document["groups"]]},
        }
    )


def _yaml(document: Document) -> str:
    return _MADE + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=1000)
