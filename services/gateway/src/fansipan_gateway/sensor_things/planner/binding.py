"""Values that are bound to a statement, and aliases of its rows."""

import itertools
from typing import Any


class Binding:
    """Collects the values of one statement, and hands out aliases."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers = itertools.count(1)

    def add(self, value: Any, type_name: str) -> str:
        """The parameter that stands for a value, with its type in PostgreSQL."""
        self.values.append(value)
        return f"${len(self.values)}::{type_name}"

    def alias(self) -> str:
        """A name that no other row of the statement has."""
        return f"e{next(self._numbers)}"
