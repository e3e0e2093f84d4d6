"""What an expression of PromQL asks for, by a real parser."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from promql_parser import AggregateExpr, BinaryExpr, Expr, VectorSelector, parse


@dataclass(frozen=True)
class Use:
    """A metric that is asked for, and the labels that the expression expects it to have."""

    metric: str
    labels: frozenset[str]


def uses(expression: str) -> list[Use]:
    """Every metric of an expression; Grafana's variable for a window is read as one."""
    return list(_walk(parse(expression.replace("$__rate_interval", "5m")), frozenset()))


def _walk(expression: Expr, grouped: frozenset[str]) -> Iterator[Use]:
    if isinstance(expression, VectorSelector):
        assert expression.name, "a selector without a name"
        matchers: Any = expression.matchers.matchers
        yield Use(expression.name, grouped | {matcher.name for matcher in matchers})
        return
    if isinstance(expression, AggregateExpr):
        labels = expression.modifier.labels if expression.modifier else []
        yield from _walk(expression.expr, frozenset(labels))
        return
    if isinstance(expression, BinaryExpr):
        yield from _walk(expression.lhs, grouped)
        yield from _walk(expression.rhs, grouped)
        return
    inner: Any = expression
    for child in (
        getattr(inner, "expr", None),
        getattr(inner, "vector_selector", None),
        *getattr(inner, "args", ()),
    ):
        if isinstance(child, Expr):
            yield from _walk(child, grouped)
