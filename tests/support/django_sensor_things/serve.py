"""Serves django-ogc-sensorthings on a port of 127.0.0.1, from an SQLite file: `python serve.py PORT FILE`."""

import sys
from typing import Any
from uuid import UUID
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is declared there
        """Say nothing."""


def main() -> None:
    """Make the tables, and answer until the process is ended."""
    port, path = int(sys.argv[1]), sys.argv[2]
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": path}},
        DEBUG=False,
        INSTALLED_APPS=["sensorthings.versions.v1_1", "sensorthings.versions.v1_1.backends.django"],
        LOGGING_CONFIG=None,
        ROOT_URLCONF="tests.support.django_sensor_things.urls",
        SECRET_KEY="not-a-secret",
        SENSORTHINGS_V1_1_BACKEND_ADAPTER="sensorthings.versions.v1_1.backends.django.adapter.DjangoBackendAdapter",
        SENSORTHINGS_V1_1_ID_DELIMITER="'",
        SENSORTHINGS_V1_1_ID_TYPE=UUID,
        SENSORTHINGS_V1_1_SERVICE_URL=f"http://127.0.0.1:{port}/sensorthings",
        TIME_ZONE="UTC",
        USE_TZ=True,
    )
    django.setup()
    call_command("migrate", verbosity=0)
    application: Any = WSGIHandler()  # its type allows for coroutines, too
    with make_server("127.0.0.1", port, application, handler_class=_Quiet) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
