"""A world of two communes, A and B: what is B's carries marks that nothing else has, so that a leak is seen.

Each commune has a thing with readings, an agency with cases, figures of indicators that are not public, figures of a
public one, alerts, a maintenance window, and a place in a closed month with a restatement.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg
import orjson
from tests.support.figures import FigureWriter

from fansipan_common.security import generate_api_key
from fansipan_indicators.periods import PeriodKind, period_at

A: Final = "02671"
B: Final = "02647"
FORMER_A: Final = "02653"
FORMER_B: Final = "02635"
PROVINCE: Final = "15"
AGENCY: Final = {A: "CQ-A", B: "CQ-B-7101"}
THING: Final = {A: "city/tram-a", B: "city/tram-b-7102"}
DATASTREAM: Final = {code: f"{key}/pm25" for code, key in THING.items()}
PROCEDURE: Final = "TTHC-7103"
CLOSED: Final = "2026-03"
STILL_OPEN: Final = "2026-04"
READ_AT: Final = datetime(2026, 7, 1, 3, tzinfo=UTC)
NOW: Final = datetime.now(UTC)
MONTH: Final = period_at(PeriodKind.MONTH, NOW)
DAY: Final = period_at(PeriodKind.DAY, NOW)
PUBLIC_FIGURE: Final = {A: 4101.5, B: 4102.5}
NUMBER: Final = {A: 81_000, B: 71_000}
"""What is a commune's has numbers from here on, each with a fraction of .25."""

MARKS: Final = (
    *(f"71{n:03}.25" for n in range(20)),
    "CQ-B-7101",
    "tram-b-7102",
    "TTHC-7103",
    "HS-B-7104",
    "Cảnh báo 7105",
    "Bảo trì 7106",
    "Trạm B 7107",
    "dich-vu-7108",
    "ghi chú 7109",
)
"""Nothing of A, and nothing public, holds one of these."""


@dataclass
class TwoCommunes:
    """Ids of what was made, by commune."""

    things: dict[str, int] = field(default_factory=dict)
    datastreams: dict[str, int] = field(default_factory=dict)
    alerts: dict[str, list[int]] = field(default_factory=dict)
    windows: dict[str, int] = field(default_factory=dict)
    letter: int = 0


def number(code: str, place: int) -> float:
    """A number of a commune's that occurs once."""
    return NUMBER[code] + place + 0.25


async def build(connection: "asyncpg.Connection[Any]") -> TwoCommunes:
    """Fill a database that holds areas and nothing else; connection as its owner, reading JSON as Python values."""
    made = TwoCommunes()
    await connection.execute(
        "INSERT INTO provider (key, name) VALUES ('city', 'City'), ('guest', 'Guest');"
        "INSERT INTO sensor (key, name) VALUES ('s', 'Sensor');"
        "INSERT INTO observed_property (key, name) VALUES ('pm25', 'PM2.5')"
    )
    for code in (A, B):
        await _thing(connection, made, code)
        await _cases(connection, code)
    await _figures(connection)
    await _alerts(connection, made)
    await _administered(connection, made)
    return made


async def _administered(connection: "asyncpg.Connection[Any]", made: TwoCommunes) -> None:
    """What is of the whole province, and names B."""
    made.letter = await connection.fetchval(
        "INSERT INTO dead_letter (topic, partition, record_offset, item, received_at, provider, kind, code, detail,"
        " payload, payload_format, payload_complete) VALUES ('dead-letter.v1', 0, 0, 0, now(), 'city', 'observation',"
        " 'result-type', 'no number', $1, 'json', true) RETURNING id",
        orjson.dumps({"datastream": DATASTREAM[B], "result": "x"}).decode(),
    )
    await connection.execute(
        "INSERT INTO audit_event (at, actor, action, object, details)"
        " VALUES ($2, 'mai', 'provider.changed', 'provider/city', $1)",
        {"name": {"from": "City", "to": "Trạm B 7107"}},
        READ_AT,
    )


async def add_key(connection: "asyncpg.Connection[Any]", provider: str, *prefixes: str) -> str:
    """A key of a provider that may read."""
    key = generate_api_key()
    await connection.execute(
        "INSERT INTO api_key (id, provider_id, name, secret_hash, scopes, datastream_prefixes)"
        " SELECT $1, id, 'test', $3, '{read}', $4 FROM provider WHERE key = $2",
        key.id,
        provider,
        key.secret_hash,
        list(prefixes),
    )
    return key.text


async def _thing(connection: "asyncpg.Connection[Any]", made: TwoCommunes, code: str) -> None:
    name = "Trạm A" if code == A else "Trạm B 7107"
    made.things[code] = await connection.fetchval(
        "INSERT INTO thing (provider_id, key, name, area_code) VALUES (1, $1, $2, $3) RETURNING id",
        THING[code].split("/")[1],
        name,
        code,
    )
    datastream = made.datastreams[code] = await connection.fetchval(
        "INSERT INTO datastream (key, thing_id, sensor_id, observed_property_id, name, observation_type)"
        " VALUES ($1, $2, 1, 1, $3, 'measurement') RETURNING id",
        DATASTREAM[code],
        made.things[code],
        f"PM2.5 · {name}",
    )
    value = number(code, 0)
    await connection.execute(
        "INSERT INTO observation (datastream_id, phenomenon_time, result) VALUES ($1, $2, $3)",
        datastream,
        READ_AT,
        value,
    )
    await connection.execute(
        "INSERT INTO latest_observation (datastream_id, phenomenon_time, result) VALUES ($1, $2, $3)",
        datastream,
        READ_AT,
        value,
    )
    for table in ("rollup_1m", "rollup_1h", "rollup_1d"):
        await connection.execute(
            f"INSERT INTO {table} VALUES ($1, $2, 1, $3, $3, $3, $3, $3, $2, $2)",
            datastream,
            DAY.start,
            value,
        )
    await connection.execute(
        "INSERT INTO observation_history (datastream_id, phenomenon_time, result) VALUES ($1, $2, $3)",
        datastream,
        DAY.start,
        number(code, 1),
    )


async def _cases(connection: "asyncpg.Connection[Any]", code: str) -> None:
    received = MONTH.start - timedelta(days=20)
    await connection.execute(
        "INSERT INTO dossier (provider_id, dossier_id, state, agency, area_code, procedure, channel, received_at,"
        " late_at, due_at, supplement_count, paused_seconds, attributes, last_event_at, event_count)"
        " VALUES (1, $1, 'in-progress', $2, $3, $4, $5, $6, $7, $7, 0, 0, '{}', $6, 1)",
        "HS-A" if code == A else "HS-B-7104",
        AGENCY[code],
        code,
        "TTHC-A" if code == A else PROCEDURE,
        "online",
        received,
        received + timedelta(days=2),
    )
    service = "dich-vu" if code == A else "dich-vu-7108"
    await connection.execute(
        "INSERT INTO service_event (source, event_id, type, time, provider_id, subject, agency, area_code, procedure,"
        " channel, data) VALUES ('/test', $1, 'vn.fansipan.usage.counted.v1', $2, 1, $1, $3, $4, $5, $6, $7)",
        f"use-{code}",
        READ_AT,
        AGENCY[code],
        code,
        "TTHC-A" if code == A else PROCEDURE,
        "phone-a" if code == A else service,
        {"service": service, "count": 7, "agency": AGENCY[code], "area": code},
    )


async def _figures(connection: "asyncpg.Connection[Any]") -> None:
    """`internal` and `public` are ratios of cases, `internal-dust` and `public-dust` means of readings, `score` is made
    of `internal`; figures of this month and day, of the closed month with a restatement, and with an older revision."""
    writer = FigureWriter(connection)
    ratios: Mapping[str, Any] = {
        "subjects": ("commune", "province", "agency", "procedure", "agency-procedure", "area-procedure")
    }
    dust: Mapping[str, Any] = {
        "formula": {"kind": "statistic", "property": "pm25", "statistic": "mean"},
        "periods": ("day",),
        "subjects": ("thing", "commune", "province"),
        "version_fields": {"areas": {"combine": "max"}},
    }
    internal = await writer.define("internal", public=False, **ratios)
    public = await writer.define("public", **ratios)
    internal_dust = await writer.define("internal-dust", public=False, **dust)
    public_dust = await writer.define("public-dust", **dust)
    score = await writer.define(
        "score",
        formula={"kind": "weighted-score", "components": [{"indicator": "internal", "maximum": 10}]},
        **ratios,
    )
    closed = await _close(connection)
    for code in (A, B):
        subjects = (
            ("area", code, 2),
            ("agency", AGENCY[code], 3),
            ("procedure", "TTHC-A" if code == A else PROCEDURE, 4),
            ("agency-procedure", f"{AGENCY[code]}|P1", 5),
            ("area-procedure", f"{code}|P1", 6),
            ("area", FORMER_A if code == A else FORMER_B, 7),
        )
        for kind, key, place in subjects:
            subject = await writer.subject(kind, key)
            period = MONTH if place != 7 else "2025-06"
            value = number(code, place)
            before = NOW - timedelta(days=1)
            await writer.put(
                internal, subject, period, number(code, 8), known_from=before - timedelta(days=1)
            )
            await writer.put(internal, subject, period, value, known_from=before, numerator=value)
            await writer.put(public, subject, period, PUBLIC_FIGURE[code])
            if place == 2:
                parts = [
                    {"indicator": "internal", "value": value, "points": number(code, 9), "maximum": 10.0}
                ]
                await writer.put(score, subject, MONTH, 4200.5, details={"components": parts})
                await writer.put(internal, subject, CLOSED, number(code, 10))
                await writer.put(internal, subject, STILL_OPEN, number(code, 11))
                await _freeze(connection, closed, internal, subject, f"{kind}:{key}", number(code, 10))
                await writer.restate(CLOSED, internal, subject, number(code, 12))
        for kind, key in (("thing", THING[code]), ("area", code)):
            subject = await writer.subject(kind, key)
            await writer.put(internal_dust, subject, DAY, number(code, 13))
            await writer.put(public_dust, subject, DAY, PUBLIC_FIGURE[code])
    province = await writer.subject("area", PROVINCE)
    await writer.put(internal, province, MONTH, number(B, 14))
    await writer.put(public, province, MONTH, 4300.5)


async def _close(connection: "asyncpg.Connection[Any]") -> int:
    return await connection.fetchval(
        "INSERT INTO period_close (period, period_start, label, closed_by, note, value_count, previous, digest)"
        " VALUES ('month', '2026-02-28T17:00Z', $1, 'mai', '', 2, decode(repeat('00', 32), 'hex'), '\\x00')"
        " RETURNING id",
        CLOSED,
    )


async def _freeze(
    connection: "asyncpg.Connection[Any]", close: int, definition: int, subject: int, name: str, value: float
) -> None:
    """A row whose digest is wrong: whoever verifies learns whose it is: B's, which comes first."""
    kind, key = name.split(":")
    await connection.execute(
        "INSERT INTO closed_value (close_id, ordinal, key, version, definition_id, subject_id, subject_kind,"
        " subject_key, revision, value, sample_count, definition_digest, digest)"
        " VALUES ($1, $2, $3, 1, $4, $5, $6, $7, 1, $8, 10, 'd', '\\x00')",
        close,
        1 if key == B else 2,
        "internal",
        definition,
        subject,
        kind,
        key,
        value,
    )


async def _alerts(connection: "asyncpg.Connection[Any]", made: TwoCommunes) -> None:
    for rule, subjects in (("loud", "datastream"), ("backlog", "agency"), ("slow", "area")):
        document = {
            "id": rule,
            "names": {"vi": rule, "en": rule},
            "subjects": subjects,
            "condition": {"kind": "silence", "property": "pm25"}
            if subjects == "datastream"
            else {"kind": "threshold", "indicator": "internal", "period": "month", "above": 1},
        }
        await connection.execute(
            "INSERT INTO alert_rule (key, digest, document) VALUES ($1, 'd', $2)", rule, document
        )
    for code in (A, B):
        name = "Cảnh báo A" if code == A else "Cảnh báo 7105"
        for rule, subject, area in (
            ("loud", DATASTREAM[code], code),
            ("backlog", AGENCY[code], None),
            ("slow", code, code),
        ):
            alert: int = await connection.fetchval(
                "INSERT INTO alert (rule, subject, subject_name, area_code, severity, state, summary, cause,"
                " started_at) VALUES ($1, $2, $3, $4, 'warning', 'open', $5, $6, now()) RETURNING id",
                rule,
                subject,
                name,
                area,
                {"vi": name, "en": name},
                {"value": number(code, 15)},
            )
            made.alerts.setdefault(code, []).append(alert)
            await connection.execute(
                "INSERT INTO alert_event (alert_id, kind, actor, note) VALUES ($1, 'opened', 'system', $2)",
                alert,
                "" if code == A else "ghi chú 7109",
            )
        made.windows[code] = await connection.fetchval(
            "INSERT INTO maintenance_window (subject, starts_at, ends_at, reason, created_by)"
            " VALUES ($1, now(), now() + interval '1 day', $2, 'mai') RETURNING id",
            DATASTREAM[code],
            "Bảo trì A" if code == A else "Bảo trì 7106",
        )


def marks_in(text: str, asked: str) -> list[str]:
    """The marks of B in an answer that the request did not hold itself."""
    return [mark for mark in MARKS if mark in text and mark not in asked]


def body_of(content: Mapping[str, Any] | None) -> bytes | None:
    """A body as it is sent."""
    return None if content is None else orjson.dumps(content)
