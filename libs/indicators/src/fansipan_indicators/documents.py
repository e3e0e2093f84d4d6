"""YAML documents of the catalogue, checked against a model; what is wrong is said with file, line and reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

ModelT = TypeVar("ModelT", bound=BaseModel)
Place = tuple[str | int, ...]
"""Where something stands in a document: keys and places in lists, from the outside in."""

_MAX_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong in the catalogue."""

    path: Path
    line: int
    place: str
    reason: str

    def __str__(self) -> str:
        where = f" {self.place}:" if self.place else ""
        return f"{self.path}:{self.line}:{where} {self.reason}"


class CatalogueError(Exception):
    """The catalogue cannot be used; the text lists everything that is wrong."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = list(findings)


class Document:
    """A parsed YAML file that knows on which line everything stands.

    Raises:
        CatalogueError: the file cannot be read, is too large, is not YAML, uses a key twice, or is no mapping.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines: dict[Place, int] = {}
        self.content: dict[str, Any] = self._parse()

    def _parse(self) -> dict[str, Any]:
        try:
            text = self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CatalogueError([Finding(self.path, 1, "", f"cannot be read: {error}")]) from error
        if len(text) > _MAX_BYTES:
            raise CatalogueError([Finding(self.path, 1, "", f"is larger than {_MAX_BYTES} characters")])
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
            content = yaml.safe_load(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = 1 if mark is None else mark.line + 1
            reason = getattr(error, "problem", None) or str(error)
            raise CatalogueError([Finding(self.path, line, "", f"is not YAML: {reason}")]) from error
        if not isinstance(content, dict) or node is None:
            raise CatalogueError([Finding(self.path, 1, "", "must be a mapping")])
        self._remember(node, ())
        return content

    def _remember(self, node: yaml.Node, place: Place) -> None:
        self._lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                name = str(key.value)
                if name in seen:
                    line = key.start_mark.line + 1
                    raise CatalogueError([Finding(self.path, line, name, "is given twice")])
                seen.add(name)
                self._lines[*place, name] = key.start_mark.line + 1
                self._remember(value, (*place, name))
        elif isinstance(node, yaml.SequenceNode):
            for number, value in enumerate(node.value):
                self._remember(value, (*place, number))

    def line_of(self, place: Place) -> int:
        """The line of a place, or of the nearest thing around it that stands in the file."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 1)

    def finding(self, place: Place, reason: str) -> Finding:
        """Something wrong at a place."""
        return Finding(self.path, self.line_of(place), ".".join(map(str, place)), reason)

    def read_as(self, model: type[ModelT]) -> ModelT:
        """The content as a model.

        Raises:
            CatalogueError: it does not fit; one finding for each reason.
        """
        try:
            return model.model_validate(self.content)
        except ValidationError as error:
            raise CatalogueError([self._explain(dict(detail)) for detail in error.errors()]) from error

    def _explain(self, detail: dict[str, Any]) -> Finding:
        # pydantic puts the tag of a union's member into the place: it stands in no file
        place: Place = ()
        for part in detail["loc"]:
            if (*place, part) in self._lines:
                place = (*place, part)
        missing = detail["type"] == "missing"
        reason = f"{detail['loc'][-1]} is missing" if missing else str(detail["msg"])
        if detail["type"] == "extra_forbidden":
            reason = f"{detail['loc'][-1]} is not known here"
        return self.finding(place, reason)


def documents_in(folder: Path) -> list[Path]:
    """The YAML files of a folder and its subfolders, by name.

    Raises:
        CatalogueError: the folder does not exist.
    """
    if not folder.is_dir():
        raise CatalogueError([Finding(folder, 1, "", "there is no such folder")])
    return sorted(path for path in folder.rglob("*.yaml") if path.is_file())


def read_all(paths: Iterable[Path], model: type[ModelT]) -> list[tuple[Document, ModelT]]:
    """Every file as a model.

    Raises:
        CatalogueError: some do not fit; the findings of all of them together.
    """
    found: list[tuple[Document, ModelT]] = []
    findings: list[Finding] = []
    for path in paths:
        try:
            document = Document(path)
            found.append((document, document.read_as(model)))
        except CatalogueError as error:
            findings += error.findings
    if findings:
        raise CatalogueError(findings)
    return found
