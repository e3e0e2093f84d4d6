"""Dashboards for Grafana, built with its Foundation SDK."""

from collections.abc import Callable
from typing import Final

from fansipan_observability.dashboards import business, database, gateway, kafka, pipeline
from fansipan_observability.dashboards.panels import Board
from fansipan_observability.objectives import Objectives

DASHBOARDS: Final[dict[str, Callable[[Objectives], Board]]] = {
    "pipeline": pipeline.board,
    "gateway": lambda _objectives: gateway.board(),
    "kafka": lambda _objectives: kafka.board(),
    "database": lambda _objectives: database.board(),
    "business": lambda _objectives: business.board(),
}
"""Each by the name of its file."""
