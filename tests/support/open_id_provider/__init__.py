"""A real OpenID Connect provider (the certified `oidc-provider` from npm) as a process of the tests."""

import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

import httpx

_FOLDER: Final = Path(__file__).parent
CLIENT_ID: Final = "fansipan"
CLIENT_SECRET: Final = "a secret with % and : in it, 32 characters or more"
_FORM: Final = re.compile(r'action="([^"]+)"')
_REDIRECTS: Final = 10


class OpenIdProvider:
    """Starts and stops the provider; each start has new signing keys.

    Args:
        people: who can sign in there (any password is right): subject → claims.
        redirect_uri: where it may send browsers back.
        log: its output.
    """

    def __init__(self, people: Mapping[str, Mapping[str, Any]], redirect_uri: str, log: Path) -> None:
        self._people = people
        self._redirect_uri = redirect_uri
        self._log = log
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self._port: int = listening.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def issuer(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        _install()
        environment = {
            "PATH": os.environ["PATH"],
            "PORT": str(self._port),
            "CLIENT_ID": CLIENT_ID,
            "CLIENT_SECRET": CLIENT_SECRET,
            "REDIRECT_URI": self._redirect_uri,
            "PEOPLE": json.dumps(self._people),
        }
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["node", "provider.mjs"], cwd=_FOLDER, env=environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 60
        while True:
            try:
                return httpx.get(f"{self.issuer}/jwks", timeout=2.0).raise_for_status() and None
            except httpx.HTTPError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the provider does not start:\n{self._log.read_text()}") from None
                time.sleep(0.1)

    def stop(self) -> None:
        """Stop it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    async def sign_in(self, address: str, subject: str) -> str:
        """What a person does in a browser: follow `address`, give a name, agree; gives where they are sent back to."""
        async with httpx.AsyncClient(timeout=10.0) as browser:
            response = await browser.get(address)
            for _ in range(_REDIRECTS):
                if response.is_redirect:
                    target = urljoin(str(response.url), response.headers["location"])
                    if target.startswith(self._redirect_uri):
                        return target
                    response = await browser.get(target)
                    continue
                form = _FORM.search(response.text)
                if form is None:
                    raise AssertionError(
                        f"neither a form nor a redirect: {response.status_code} {response.text}"
                    )
                prompt = "login" if 'value="login"' in response.text else "consent"
                fields = {"prompt": prompt} | (
                    {"login": subject, "password": "x"} if prompt == "login" else {}
                )
                response = await browser.post(form[1], data=fields)
        raise AssertionError("the provider sends in circles")


def _install() -> None:
    """Install the locked packages once."""
    if not (_FOLDER / "node_modules" / ".package-lock.json").is_file():
        subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund", "--silent"], cwd=_FOLDER, check=True, timeout=300
        )
