"""Composition of analytics: the only place that wires its parts."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx
from fastapi import FastAPI

from fansipan_analytics.alerts.delivery import Channel
from fansipan_analytics.alerts.email import EmailChannel
from fansipan_analytics.alerts.notifications import Notifications
from fansipan_analytics.alerts.secrets import secret_of
from fansipan_analytics.alerts.service import Alerts
from fansipan_analytics.alerts.webhook import WebhookChannel
from fansipan_analytics.consumer.dead_letters import DeadLetterOffice
from fansipan_analytics.consumer.loop import StoreConsumer
from fansipan_analytics.dead_letters.consumer import DeadLetterConsumer
from fansipan_analytics.indicators.definition_repository import watched_indicators
from fansipan_analytics.indicators.engine import Engine
from fansipan_analytics.measures.repository import MeasureRepository
from fansipan_analytics.measures.service import Measuring
from fansipan_analytics.outbox.readings import LiveReadings
from fansipan_analytics.outbox.relay import Relay
from fansipan_analytics.outbox.stored import StoredStream
from fansipan_analytics.repository.dead_letters import DeadLetterRepository
from fansipan_analytics.service.cascade import Cascade
from fansipan_analytics.service.refold import Refolding
from fansipan_analytics.service.store import Store
from fansipan_analytics.service.sweeping import Sweeping
from fansipan_analytics.settings import AnalyticsSettings
from fansipan_analytics.webhooks.queue import WebhookQueue
from fansipan_analytics.webhooks.sender import WebhookSender
from fansipan_analytics.webhooks.worker import WebhookDeliveries
from fansipan_common.connections import ANALYTICS_POOL
from fansipan_common.db import Database
from fansipan_common.health import health_router
from fansipan_common.kafka import KafkaConnection, Publisher
from fansipan_common.listener import Listener
from fansipan_common.live import LiveRing
from fansipan_common.problems import install_problem_handlers
from fansipan_common.redis import Speedup
from fansipan_common.schema import require_schema
from fansipan_common.settings import SettingsError
from fansipan_common.tasks import BackgroundTasks
from fansipan_common.telemetry import app_telemetry, metrics_of
from fansipan_common.webhooks import RootKeys
from fansipan_indicators.alert_catalogue import AlertCatalogue, check_indicators, load_alert_rules
from fansipan_indicators.calendars import WorkingCalendar, load_calendar
from fansipan_indicators.catalogue import VersionedDefinition, load_catalogue
from fansipan_indicators.documents import CatalogueError
from fansipan_indicators.location import NoCatalogue, catalogue_folder

_RELAY_SECONDS: Final = 0.5
_SWEEP_SECONDS: Final = 2.0
_RING_SECONDS: Final = 2.0
"""What waits for the ring runs beside the store: better late than missed, for that makes every client read again."""


def build(settings: AnalyticsSettings) -> FastAPI:
    """The app of analytics: no public API, only health and metrics; the work is in its background tasks."""
    url = settings.database_url.get_secret_value()
    metrics = metrics_of("fansipan_analytics")
    calendar = _calendar(settings)
    # temporary tables are empty after each transaction, locks end with it: nothing is left behind
    database = Database(
        url,
        application="fansipan-analytics",
        max_size=ANALYTICS_POOL,
        command_timeout=120.0,
        stateless=True,
        first=require_schema,
    )
    kafka = KafkaConnection.of(settings.kafka_bootstrap_servers, settings)
    publisher = Publisher(kafka, client_id="fansipan-analytics", metrics=metrics)
    redis = Speedup(
        None if settings.redis_url is None else settings.redis_url.get_secret_value(),
        timeout=_RING_SECONDS,
    )
    ring = LiveRing(redis, settings.redis_prefix)
    readings = LiveReadings(ring)
    webhook_queue = WebhookQueue(open_reading=settings.anonymous_read)
    webhook_sender = WebhookSender(
        allow_http=settings.webhook_allow_http, private=settings.webhook_private_networks
    )
    webhooks = WebhookDeliveries(
        database, webhook_sender, RootKeys.of(settings.webhook_root_key), metrics=metrics
    )
    stored = StoredStream(redis, settings.redis_prefix, metrics)
    relay = Relay(
        database,
        publisher,
        ring,
        topic_prefix=settings.kafka_topic_prefix,
        interval=_RELAY_SECONDS,
        metrics=metrics,
        webhooks=webhook_queue,
    )
    definitions = _definitions(settings)
    engine = Engine(
        database,
        calendar,
        definitions,
        watched=watched_indicators,
        published=relay.wake,
        interval=settings.cascade_interval_seconds,
        clock=_now,
        metrics=metrics,
    )
    consumer = StoreConsumer(
        database,
        Store(
            database,
            calendar,
            metrics=metrics,
            cases_changed=engine.wake,
            observed=readings.offer,
            fell_back=readings.fall_back,
            stored=stored.offer,
        ),
        DeadLetterOffice(
            publisher,
            topic_prefix=settings.kafka_topic_prefix,
            max_per_minute=settings.max_poison_per_minute,
            metrics=metrics,
        ),
        kafka=kafka,
        group=settings.kafka_group,
        topic_prefix=settings.kafka_topic_prefix,
        batch_rows=settings.batch_rows,
        release_timeout=settings.release_timeout_seconds,
        metrics=metrics,
    )
    dead_letters = DeadLetterConsumer(
        database,
        DeadLetterRepository(database),
        kafka=kafka,
        group="fansipan-dead-letters",
        topic_prefix=settings.kafka_topic_prefix,
        keep=timedelta(days=settings.dead_letters_kept_days),
        keep_rows=settings.dead_letters_kept,
        metrics=metrics,
    )
    cascade = Cascade(
        database,
        interval=settings.cascade_interval_seconds,
        metrics=metrics,
        rolled_up=engine.wake,
    )
    sweeping = Sweeping(database, interval=_SWEEP_SECONDS, metrics=metrics, swept=engine.wake)
    refolding = Refolding(database, calendar, metrics=metrics)
    rules = _alert_rules(settings, {pair.key for pair in definitions})
    alerts = Alerts(
        database,
        receivers=rules.receivers,
        interval=settings.cascade_interval_seconds,
        metrics=metrics,
        catalogue=rules,
    )
    http = httpx.AsyncClient()
    notifications = Notifications(
        database, receivers=rules.receivers, channels=_channels(settings, http), metrics=metrics
    )
    tasks = BackgroundTasks(metrics)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        work = {
            "publisher": publisher.run(),
            "store": consumer.run(),
            "dead-letters": dead_letters.run(),
            "cascade": cascade.run(),
            "sweeping": sweeping.run(),
            "refolding": refolding.run(),
            "indicators": engine.run(),
            "catalogue-listener": Listener(url, "catalogue_changed", engine.reload).run(),
            "relay": relay.run(),
            "live-readings": readings.run(),
            "stored-stream": stored.run(),
            "alerts": alerts.run(),
            "notifications": notifications.run(),
            "webhooks": webhooks.run(),
            "measuring": Measuring(MeasureRepository(database), metrics=metrics).run(),
        }
        for channel in ("webhooks_changed", "catalogue_changed", "registry_changed"):
            work[f"webhooks-{channel}"] = Listener(url, channel, webhook_queue.invalidate).run()
        for name, running in work.items():
            tasks.start(name, running)
        try:
            yield
        finally:
            await tasks.stop(timeout=settings.release_timeout_seconds + 5.0)
            await database.close()
            await redis.close()
            await http.aclose()
            await webhook_sender.close()

    app = FastAPI(
        title="Fansipan analytics",
        lifespan=lifespan,
        telemetry=app_telemetry(),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    install_problem_handlers(app)
    app.include_router(
        health_router(
            tasks,
            {
                "kafka": publisher.check,
                "database": database.ping,
                "consumer": consumer.check,
                "dead-letters": dead_letters.check,
                "cascade": cascade.check,
                "sweeping": sweeping.check,
                "refolding": refolding.check,
                "indicators": engine.check,
                "relay": relay.check,
                "alerts": alerts.check,
                "notifications": notifications.check,
                "webhooks": webhooks.check,
            },
            shown={"schema": database.check_schema},
        )
    )
    return app


def _now() -> datetime:
    return datetime.now(UTC)


def _definitions(settings: AnalyticsSettings) -> list[VersionedDefinition]:
    try:
        return load_catalogue(catalogue_folder(settings.catalogue) / "indicators")
    except NoCatalogue as error:
        raise SettingsError(str(error)) from error
    except CatalogueError as error:
        raise SettingsError(f"the indicators of the catalogue are not usable:\n{error}") from error


def _alert_rules(settings: AnalyticsSettings, indicators: set[str]) -> AlertCatalogue:
    try:
        rules = load_alert_rules(catalogue_folder(settings.catalogue) / "alerts")
        check_indicators(rules, indicators)
    except NoCatalogue as error:
        raise SettingsError(str(error)) from error
    except CatalogueError as error:
        raise SettingsError(f"the alert rules of the catalogue are not usable:\n{error}") from error
    return rules


def _channels(settings: AnalyticsSettings, http: httpx.AsyncClient) -> dict[str, Channel]:
    smtp_url = None if settings.smtp_url is None else settings.smtp_url.get_secret_value()
    try:
        email = EmailChannel(smtp_url, sender=settings.mail_from)
    except ValueError as error:
        raise SettingsError(f"SMTP_URL is not usable: {error}") from error
    return {
        "webhook": WebhookChannel(http, secret=lambda name: secret_of(os.environ, name)),
        "email": email,
    }


def _calendar(settings: AnalyticsSettings) -> WorkingCalendar:
    try:
        return load_calendar(catalogue_folder(settings.catalogue) / "calendars" / f"{settings.calendar}.yaml")
    except NoCatalogue as error:
        raise SettingsError(str(error)) from error
    except CatalogueError as error:
        raise SettingsError(f"the calendar of FANSIPAN_CALENDAR is not usable:\n{error}") from error
