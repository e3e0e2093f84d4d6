"""Every identity the demo sends, kept in a temporary table and looked up in the store: an exact account."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from fansipan_cli.database import Connection, one
from fansipan_cli.sending import Outgoing

_CHUNK: Final = 20_000

_FOUND_OBSERVATIONS: Final = """
SELECT count(*) AS found
  FROM sent_observation s
  JOIN observation o ON o.datastream_id = s.datastream_id AND o.phenomenon_time = s.at
 WHERE o.phenomenon_time >= (SELECT min(at) FROM sent_observation)
   AND o.phenomenon_time <= (SELECT max(at) FROM sent_observation)
"""
_FOUND_EVENTS: Final = "SELECT count(*) AS found FROM sent_event JOIN service_event USING (source, event_id)"


@dataclass(frozen=True, slots=True)
class Found:
    """How many of the entered items are readable in the store."""

    observations: int
    events: int


class Ledger:
    """Identities of items, entered before they are sent. Lives as long as the connection, which is autocommit."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.observations = 0
        self.events = 0
        connection.execute("SET jit = off")
        connection.execute("SET work_mem = '64MB'")
        connection.execute("CREATE TEMPORARY TABLE sent_observation (datastream_id integer, at timestamptz)")
        connection.execute("CREATE TEMPORARY TABLE sent_event (source text, event_id text)")

    def enter(self, items: Iterable[Outgoing], datastreams: Mapping[str, int]) -> None:
        """Enter items; `datastreams` gives the id of each datastream key."""
        observations: list[str] = []
        events: list[tuple[str, str]] = []
        for _, _, _, item in items:
            if "datastream" in item:
                observations.append(f"{datastreams[item['datastream']]}\t{item['phenomenonTime']}\n")
                self.observations += 1
                if len(observations) == _CHUNK:
                    self._copy(observations)
                    observations = []
            else:
                events.append((item["source"], item["id"]))
                self.events += 1
        self._copy(observations)
        with (
            self._connection.cursor() as cursor,
            cursor.copy("COPY sent_event (source, event_id) FROM STDIN") as copy,
        ):
            for row in events:
                copy.write_row(row)

    def count(self) -> Found:
        """Look every entered item up."""
        self._connection.execute("ANALYZE sent_observation")
        self._connection.execute("ANALYZE sent_event")
        return Found(self._found(_FOUND_OBSERVATIONS), self._found(_FOUND_EVENTS))

    def _copy(self, lines: list[str]) -> None:
        with (
            self._connection.cursor() as cursor,
            cursor.copy("COPY sent_observation (datastream_id, at) FROM STDIN") as copy,
        ):
            copy.write("".join(lines))

    def _found(self, query: str) -> int:
        row = one(self._connection, query)
        return 0 if row is None else int(row["found"])
