"""Whether a migration only adds: what it must not do while the code of the last release runs on."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

BIG: Final = frozenset(
    {
        "observation",
        "observation_history",
        "latest_observation",
        "rollup_1m",
        "rollup_1h",
        "rollup_1d",
        "service_event",
        "service_event_history",
        "dossier",
        "petition",
        "case_contribution",
        "case_count",
        "indicator_value",
        "indicator_revision",
        "webhook_delivery",
    }
)
"""Tables that grow with what is measured: what reads all of one holds its lock for minutes."""

_MARK: Final = re.compile(r"--\s*contract: since \d{4}: \S+")
_TOKEN: Final = re.compile(r"--[^\n]*|\$(\w*)\$.*?\$\1\$|'(?:[^']|'')*'|;|[^;'$-]+|.", re.DOTALL)
_NEVER: Final = (
    (re.compile(r"^DROP (?!TRIGGER IF EXISTS)"), "drops what old code may use"),
    (re.compile(r"^(TRUNCATE|LOCK|CLUSTER|REINDEX|VACUUM) "), "holds a table"),
    (re.compile(r"^ALTER .* RENAME "), "renames what old code may use"),
    (re.compile(r"^REVOKE (?!.* FROM PUBLIC$)"), "takes a right from old code"),
)
_ALTERATIONS: Final = (
    (re.compile(r"^DROP (COLUMN )?(?!CONSTRAINT)"), "drops what old code may use"),
    (re.compile(r"^ALTER (COLUMN )?\w+ (SET DATA )?TYPE "), "changes a type: rewrites the table"),
    (re.compile(r"^ALTER (COLUMN )?\w+ SET NOT NULL"), "forbids what old code may write"),
    (re.compile(r"^ALTER (COLUMN )?\w+ DROP DEFAULT"), "old code may leave the column out"),
    (re.compile(r"^SET SCHEMA"), "moves what old code may use"),
    (re.compile(r"^ADD COLUMN (?!.*(DEFAULT|GENERATED)).*NOT NULL"), "old code does not fill the column"),
    (
        re.compile(
            r"^ADD COLUMN .*(DEFAULT \(?(random|clock_timestamp|gen_random_uuid|nextval)|STORED|IDENTITY)"
        ),
        "writes the whole table",
    ),
)
_ON_BIG: Final = (
    (
        re.compile(r"^ADD (CONSTRAINT|FOREIGN|PRIMARY|UNIQUE|CHECK)(?!.*NOT VALID)"),
        "reads all of a big table",
    ),
    (re.compile(r"^ADD COLUMN .*(REFERENCES|UNIQUE|PRIMARY KEY|CHECK)"), "reads all of a big table"),
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement.

    Attributes:
        text: without comments, in one line; bodies of functions and texts are left out.
        contracts: whether a comment before it says `contract: since NNNN: why`: nothing that runs needs it any more.
    """

    text: str
    contracts: bool


def statements(script: str) -> Iterator[Statement]:
    """The statements of a script."""
    pieces: list[str] = []
    contracts = False
    for token in _TOKEN.finditer(script):
        text = token[0]
        if text.startswith("--") and len(text) > 2:
            contracts = contracts or _MARK.match(text) is not None
        elif text == ";":
            yield Statement(" ".join("".join(pieces).split()), contracts)
            pieces, contracts = [], False
        elif text.startswith("'") or (text.startswith("$") and len(text) > 1):
            pieces.append("''")
        else:
            pieces.append(text)
    if "".join(pieces).strip():
        yield Statement(" ".join("".join(pieces).split()), contracts)


def faults(script: str, *, widened: Collection[str] = ()) -> list[str]:
    """What a script does that is no expansion, each with the reason.

    Args:
        script: SQL.
        widened: constraints that are made anew and allow more than before.
    """
    found: list[str] = []
    made = set(re.findall(r"\bCREATE TABLE (?:IF NOT EXISTS )?(\w+)", script))
    for statement in statements(script):
        if statement.contracts:
            continue
        reasons = [reason for pattern, reason in _NEVER if pattern.search(statement.text)]
        reasons += _of_index(statement.text, made)
        reasons += _of_table(statement.text, made, widened)
        reasons += _of_rows(statement.text)
        found += [f"{reason}: {statement.text[:160]}" for reason in reasons]
    return found


def _of_index(text: str, made: set[str]) -> list[str]:
    index = re.match(r"CREATE (UNIQUE )?INDEX (.*?)\bON (?:ONLY )?(\w+)", text)
    if index is None or index[3] in made:
        return []
    reasons = ["forbids what old code may write"] if index[1] else []
    careful = "CONCURRENTLY" in index[2] or "timescaledb.transaction_per_chunk" in text
    if index[3] in BIG and not careful:
        reasons.append("holds a big table while it reads all of it")
    return reasons


def _of_table(text: str, made: set[str], widened: Collection[str]) -> list[str]:
    altered = re.match(r"ALTER TABLE (?:IF EXISTS )?(?:ONLY )?(\w+) (.*)", text)
    if altered is None or altered[1] in made:
        return []
    reasons: list[str] = []
    for action in re.split(r",\s*(?=(?:ADD|ALTER|DROP|SET|RENAME)\b)", altered[2]):
        reasons += [reason for pattern, reason in _ALTERATIONS if pattern.search(action)]
        if altered[1] in BIG:
            reasons += [reason for pattern, reason in _ON_BIG if pattern.search(action)]
        constraint = re.match(r"(ADD|DROP) CONSTRAINT (\w+)", action)
        if constraint is not None and constraint[2] not in widened:
            reasons.append("forbids what old code may write, unless it is among WIDENED")
        if re.match(r"ADD (FOREIGN|UNIQUE|CHECK|PRIMARY)", action):
            reasons.append("forbids what old code may write; give it a name")
    return reasons


def _of_rows(text: str) -> list[str]:
    written = re.match(r"(?:UPDATE|DELETE FROM) (?:ONLY )?(\w+)", text)
    return ["writes a big table in one transaction"] if written is not None and written[1] in BIG else []
