"""A scenario: which files of real data stand for which things, and how their times are moved to now."""

from fansipan_cli.scenario.catalogue import find_scenario, load_scenario
from fansipan_cli.scenario.model import Dossiers, Observations, Scenario, Source, Thing
from fansipan_cli.scenario.timeline import Timeline

__all__ = [
    "Dossiers",
    "Observations",
    "Scenario",
    "Source",
    "Thing",
    "Timeline",
    "find_scenario",
    "load_scenario",
]
