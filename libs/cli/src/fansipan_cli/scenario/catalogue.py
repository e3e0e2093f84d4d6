"""Finding and loading scenarios."""

from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import ValidationError

from fansipan_cli.errors import UsageError
from fansipan_cli.scenario.model import Scenario, Source


@dataclass(frozen=True, slots=True)
class LoadedScenario:
    """A scenario and the folder that the paths of its files start from."""

    scenario: Scenario
    folder: Path

    def path(self, source: Source) -> Path:
        """Where the file of a source is."""
        return (self.folder / source.file).resolve()


def find_scenario(name: str, demo: Path) -> Path:
    """The file of a scenario given as a path or as the name of one in `demo/scenarios`.

    Raises:
        UsageError: there is none; the text lists those that exist.
    """
    given = Path(name)
    if given.suffix in {".yaml", ".yml"} and given.exists():
        return given
    found = demo / "scenarios" / f"{name}.yaml"
    if found.exists():
        return found
    known = ", ".join(sorted(path.stem for path in (demo / "scenarios").glob("*.yaml"))) or "none"
    raise UsageError(f"there is no scenario {name!r}", f"give the path of a YAML file, or one of: {known}")


def load_scenario(path: Path) -> LoadedScenario:
    """Read and validate a scenario.

    Raises:
        UsageError: it cannot be read, is no YAML, or does not fit; the text names the places.
    """
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror})") from error
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is no YAML: {error}") from error
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        places = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5])
        raise UsageError(f"{path.name} is not a valid scenario: {places}", "correct it") from None
    return LoadedScenario(scenario, path.parent)
