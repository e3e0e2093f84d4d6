"""What all dashboards are built of."""

from collections.abc import Sequence
from typing import Any, Final

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import LegendDisplayMode, LegendPlacement, VisibilityMode
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, DataSourceRef

_SOURCE: Final = DataSourceRef(type_val="prometheus", uid="${datasource}")
_WIDTH: Final = 24
WINDOW: Final = "$__rate_interval"
"""Grafana's own: four scrapes, or a step of the graph when that is longer."""

Line = tuple[str, str]
"""An expression, and what its lines are called: labels in double braces."""


class Board:
    """A dashboard that is filled row by row.

    Args:
        name: short and stable: its address in Grafana.
        title: for people.
        about: what question it answers.
    """

    def __init__(self, name: str, title: str, about: str) -> None:
        self._lines: list[str] = []
        self._builder = (
            dashboard.Dashboard(f"Fansipan: {title}")
            .uid(f"fansipan-{name}")
            .description(about)
            .tags(["fansipan"])
            .tooltip(DashboardCursorSync.CROSSHAIR)
            .refresh("30s")
            .time("now-3h", "now")
            .editable()
            .with_variable(dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus"))
        )

    @property
    def expressions(self) -> Sequence[str]:
        """All of PromQL that it asks."""
        return tuple(self._lines)

    def row(self, title: str) -> "Board":
        """Begin a row."""
        self._builder.with_row(dashboard.Row(title))
        return self

    def numbers(self, *panels: tuple[str, str, str]) -> "Board":
        """Numbers side by side: title, unit, expression of each."""
        for title, unit, expression in panels:
            self._builder.with_panel(
                stat.Panel()
                .title(title)
                .datasource(_SOURCE)
                .unit(unit)
                .height(4)
                .span(_WIDTH // len(panels))
                .no_value("–")
                .with_target(self._target(expression, title, "A"))
            )
        return self

    def graphs(self, *panels: tuple[str, str, Sequence[Line]]) -> "Board":
        """Graphs over time side by side: title, unit, lines of each."""
        for title, unit, lines in panels:
            panel = (
                timeseries.Panel()
                .title(title)
                .datasource(_SOURCE)
                .unit(unit)
                .min(0)
                .height(8)
                .span(_WIDTH // len(panels))
                .fill_opacity(8)
                .show_points(VisibilityMode.NEVER)
                .legend(
                    common.VizLegendOptions()
                    .display_mode(LegendDisplayMode.LIST)
                    .placement(LegendPlacement.BOTTOM)
                    .show_legend(True)
                )
            )
            for place, (expression, legend) in enumerate(lines):
                panel.with_target(self._target(expression, legend, chr(ord("A") + place)))
            self._builder.with_panel(panel)
        return self

    def _target(self, expression: str, legend: str, ref: str) -> prometheus.Dataquery:
        self._lines.append(expression)
        query = prometheus.Dataquery().expr(expression).legend_format(legend).ref_id(ref).datasource(_SOURCE)
        # dots beside the line that lead to a trace
        return query.exemplar(True) if expression.startswith("histogram_quantile") else query

    def json(self) -> str:
        """For Grafana."""
        document: Any = self._builder.build()
        return JSONEncoder(sort_keys=True, indent=2).encode(document) + "\n"
