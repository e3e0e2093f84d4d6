"""Which traces are recorded."""

from collections.abc import Sequence

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes


def without_root_statements() -> Sampler:
    """Head sampling: what belongs to a request, a message or a step of ours, and no statement that nobody asked for.

    Loops that look for work ask the databases a hundred times a second. Each such question would be a trace of its
    own, among which nobody finds the others. Whoever began a trace elsewhere decides about it.
    """
    return ParentBased(root=_WithoutRootStatements())


class _WithoutRootStatements(Sampler):
    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        decided = ALWAYS_OFF if kind is SpanKind.CLIENT else ALWAYS_ON
        return decided.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)

    def get_description(self) -> str:
        return "WithoutRootStatements"
