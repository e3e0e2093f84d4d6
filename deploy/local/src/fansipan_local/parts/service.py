"""Our own services as parts of the stack."""

import http.client
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from fansipan_local.debian import Requirement
from fansipan_local.errors import NotReadyError
from fansipan_local.our_code import PYTHON_ENV, code_version
from fansipan_local.parts.image import GATEWAY_MEMORY_LIMIT, MEMORY_LIMIT, run_image
from fansipan_local.parts.page import Page
from fansipan_local.ports import LOOPBACK
from fansipan_local.progress import Step
from fansipan_local.supervisor import Program

SERVICES = ("ingest", "analytics", "gateway")


class Service:
    """One of our services, run from this Python environment or from an image.

    Args:
        name: `ingest`, `analytics` or `gateway`.
        checkout: root of the repository, the service's working directory.
        port: where it listens.
        env: its settings.
        page: built before the service starts, for the one that serves it.
        container: run it from this image, in a container of this name.
    """

    def __init__(
        self,
        name: str,
        checkout: Path,
        port: int,
        env: Mapping[str, str],
        page: Page | None = None,
        container: tuple[str, str] | None = None,
    ) -> None:
        self._name = name
        self._checkout = checkout
        self._port = port
        self._env = env
        self._page = page
        self._container = container

    @property
    def name(self) -> str:
        return self._name

    @property
    def title(self) -> str:
        return self._name

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def listens(self) -> Sequence[tuple[str, int]]:
        return [(self._name, self._port)]

    @property
    def requirements(self) -> Sequence[Requirement]:
        return self._page.requirements if self._page is not None else ()

    def prepare(self, step: Step) -> Program:
        if self._page is not None:
            self._page.build(step)
        env = {"FANSIPAN_HOST": LOOPBACK, "FANSIPAN_PORT": str(self._port), **self._env}
        if self._container is not None:
            image, container = self._container
            memory = GATEWAY_MEMORY_LIMIT if self._name == "gateway" else MEMORY_LIMIT
            return Program(run_image(image, container, env, memory), self._checkout, env, version=image)
        argv = [sys.executable, "-m", f"fansipan_{self._name}"]
        # `up` restarts a service whose code, catalogue or page was edited.
        code = (
            "libs/common/src",
            "libs/indicators/src",
            "libs/bulk/src",
            f"services/{self._name}/src",
            f"services/{self._name}/web/dist",
            "catalogue",
        )
        env = {**PYTHON_ENV, **env}
        return Program(argv, self._checkout, env, version=code_version(self._checkout, code))

    def probe(self, timeout: float) -> None:
        connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=timeout)
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            body = answer.read(20_000)
        except (OSError, http.client.HTTPException) as error:
            raise NotReadyError(f"port {self._port}: {error}") from error
        finally:
            connection.close()
        if answer.status != 200:
            raise NotReadyError(f"/readyz answers {answer.status}: {_summary(body)}")

    def settle(self) -> None:
        """Nothing is left to do."""


def _summary(body: bytes) -> str:
    """One line of a readiness answer, whatever it is."""
    try:
        document: Any = json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")[:500]
    if isinstance(document, dict):
        return json.dumps(cast(dict[str, Any], document), ensure_ascii=False)[:500]
    return str(document)[:500]
