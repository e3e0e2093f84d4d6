"""Dashboards for Grafana, built with its Foundation SDK."""

from collections.abc import Callable
from typing import Final

from fansipan_observability.dashboards import business, database, gateway, kafka, pipeline
from fansipan_observability.dashboards.panels import Board

DASHBOARDS: Final[dict[str, Callable[[], Board]]] = {
    "pipeline": pipeline.board,
    "gateway": gateway.board,
    "kafka": kafka.board,
    "database": database.board,
    "business": business.board,
}
"""Each by the name of its file."""
