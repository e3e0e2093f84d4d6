"""JSON Schemas of the contracts, as components of one document."""

from typing import Any, Final

from pydantic import BaseModel, TypeAdapter

Schema = dict[str, Any]
REFERENCE: Final = "#/components/schemas/{model}"


class Schemas:
    """Collects schemas by name; what a model refers to becomes a component of its own."""

    def __init__(self) -> None:
        self.found: dict[str, Schema] = {}

    def of_model(self, model: type[BaseModel]) -> Schema:
        """A reference to a model's schema, with the names of the wire."""
        self._keep(model.__name__, model.model_json_schema(ref_template=REFERENCE))
        return {"$ref": REFERENCE.format(model=model.__name__)}

    def of_type(self, kind: Any) -> Schema:
        """The schema of any annotation, in place."""
        schema = TypeAdapter(kind).json_schema(ref_template=REFERENCE)
        for name, definition in schema.pop("$defs", {}).items():
            self._keep(name, definition)
        return _tidy(schema)

    def keep(self, name: str, schema: Schema) -> Schema:
        """A reference to a schema that was made by hand."""
        self._keep(name, schema)
        return {"$ref": REFERENCE.format(model=name)}

    def _keep(self, name: str, schema: Schema) -> None:
        for inner, definition in schema.pop("$defs", {}).items():
            self._keep(inner, definition)
        schema = _tidy(schema)
        if self.found.setdefault(name, schema) != schema:
            raise ValueError(f"two contracts are called {name}: rename one")


def _tidy(schema: Any) -> Any:
    """Without the titles that pydantic makes from names: they say nothing new."""
    if isinstance(schema, dict):
        return {
            name: _tidy(value)
            for name, value in schema.items()
            if not (name == "title" and isinstance(value, str))
        }
    return [_tidy(value) for value in schema] if isinstance(schema, list) else schema
