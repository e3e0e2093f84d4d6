"""JSON-LD as Turtle."""

import orjson

from fansipan_gateway.open_data.domain.vocabulary import CONTEXT


def as_turtle(document: bytes) -> bytes:
    """The same graph as Turtle. It computes: call it in a thread.

    Args:
        document: JSON-LD whose context is inside, so that nothing is fetched.
    """
    from rdflib import Graph  # noqa: PLC0415 - 15 MiB, taken when Turtle is asked for first

    graph = Graph(bind_namespaces="none")
    for prefix, namespace in CONTEXT.items():
        graph.bind(prefix, namespace)
    body = orjson.loads(document)
    graph.parse(data=orjson.dumps(body).decode(), format="json-ld")
    return graph.serialize(format="turtle", encoding="utf-8")
