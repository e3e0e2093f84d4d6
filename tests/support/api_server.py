"""A real API server of Kubernetes with its store, alone: it validates and admits, and runs no pod.

`make api-server` builds both from the Go module proxy into the cache of this user (a quarter of an hour on two cores).
"""

import json
import os
import secrets
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from tests.support.processes import free_port

from fansipan_local.paths import cache_folder

KUBERNETES: Final = "1.37.2"
_ETCD: Final = "v3.6.16"
_PROGRAMS: Final = ("kube-apiserver", "etcd")
_BUILD_SECONDS: Final = 3600
_START_SECONDS: Final = 90.0
_ESTABLISHED_SECONDS: Final = 30.0


class NoApiServerError(Exception):
    """It is not here; the text says how to get it."""


def find_api_server() -> tuple[Path, Path]:
    """kube-apiserver and etcd: those of PATH, else those that were built. Raises `NoApiServerError`."""
    on_path = [shutil.which(name) for name in _PROGRAMS]
    if all(on_path):
        return Path(str(on_path[0])), Path(str(on_path[1]))
    built = [_folder() / name for name in _PROGRAMS]
    if not all(path.is_file() for path in built):
        raise NoApiServerError("no kube-apiserver and etcd on PATH; `make api-server` builds them (long)")
    return built[0], built[1]


def build() -> Path:
    """Build both, unless that was done; returns their folder."""
    folder = _folder()
    if all((folder / name).is_file() for name in _PROGRAMS):
        return folder
    work = folder.with_suffix(".new")
    work.mkdir(parents=True, exist_ok=True)
    staged = [line.split()[0] for line in _requirements() if line.endswith(" v0.0.0")]
    library = f"v0.{KUBERNETES.partition('.')[2]}"
    replaced = "\n".join(f"replace {module} => {module} {library}" for module in sorted(set(staged)))
    (work / "go.mod").write_text(
        "module vn.fansipan/apiserver\ngo 1.26.0\ngodebug default=go1.26\n"
        f"require k8s.io/kubernetes v{KUBERNETES}\nrequire go.etcd.io/etcd/server/v3 {_ETCD}\n{replaced}\n",
        encoding="utf-8",
    )
    for package, name in (("k8s.io/kubernetes/cmd/kube-apiserver", "kube-apiserver"), (_etcd(), "etcd")):
        _go(["build", "-mod=mod", "-ldflags=-s -w", "-o", str(work / name), package], work)
    work.rename(folder)
    return folder


def _etcd() -> str:
    return "go.etcd.io/etcd/server/v3"


def _folder() -> Path:
    return cache_folder(os.environ) / f"kubernetes-{KUBERNETES}"


def _requirements() -> list[str]:
    """What Kubernetes itself requires; what lies in its own tree (v0.0.0) is published as modules, too."""
    done = _go(["mod", "download", "-json", f"k8s.io/kubernetes@v{KUBERNETES}"], Path.home())
    text = Path(json.loads(done)["GoMod"]).read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines()]


def _go(arguments: list[str], folder: Path) -> str:
    go = shutil.which("go")
    if go is None:
        raise NoApiServerError("go, which would build it, is not on PATH")
    done = subprocess.run(
        [go, *arguments], cwd=folder, check=False, stdout=subprocess.PIPE, text=True, timeout=_BUILD_SECONDS
    )
    if done.returncode != 0:
        raise NoApiServerError(f"go {' '.join(arguments)} failed (see above)")
    return done.stdout


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said to a manifest."""

    status: int
    text: str
    warnings: tuple[str, ...]


class ApiServer:
    """A running server, spoken to as an administrator."""

    def __init__(self, url: str, token: str, authority: Path) -> None:
        self._http = httpx.Client(
            base_url=url,
            verify=ssl.create_default_context(cafile=authority),
            headers={"Authorization": f"Bearer {token}"},
            timeout=30.0,
        )
        self._paths: dict[tuple[str, str], tuple[str, bool]] = {}

    def ready(self) -> bool:
        """Whether it serves."""
        try:
            return self._http.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def apply(self, manifest: Mapping[str, Any], *, dry_run: bool = False) -> Answer:
        """Server-side apply, strictly: a field that is not known is an error."""
        metadata = manifest["metadata"]
        path = self._path(manifest["apiVersion"], manifest["kind"], metadata.get("namespace"))
        answer = self._http.patch(
            f"{path}/{metadata['name']}",
            params={
                "fieldManager": "tests",
                "fieldValidation": "Strict",
                "force": "true",
                **({"dryRun": "All"} if dry_run else {}),
            },
            content=json.dumps(manifest),
            headers={"Content-Type": "application/apply-patch+yaml"},
        )
        return Answer(answer.status_code, answer.text, tuple(answer.headers.get_list("warning")))

    def define(self, definition: Mapping[str, Any]) -> None:
        """Make a custom resource known, and wait until it is served."""
        answer = self.apply(definition)
        assert answer.status in (200, 201), answer.text
        deadline = time.monotonic() + _ESTABLISHED_SECONDS
        path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{definition['metadata']['name']}"
        while True:
            conditions = self._http.get(path).json().get("status", {}).get("conditions") or []
            if any(each["type"] == "Established" and each["status"] == "True" for each in conditions):
                return
            assert time.monotonic() < deadline, conditions
            time.sleep(0.1)

    def close(self) -> None:
        """Let go of its connections."""
        self._http.close()

    def _path(self, version: str, kind: str, namespace: str | None) -> str:
        if (version, kind) not in self._paths:
            root = f"/apis/{version}" if "/" in version else f"/api/{version}"
            for resource in self._http.get(root).raise_for_status().json()["resources"]:
                if "/" not in resource["name"]:
                    key = (version, resource["kind"])
                    self._paths[key] = (f"{root}|{resource['name']}", resource["namespaced"])
        where, namespaced = self._paths[version, kind]
        root, _, name = where.partition("|")
        return f"{root}/namespaces/{namespace}/{name}" if namespaced else f"{root}/{name}"


@contextmanager
def api_server(folder: Path) -> Generator[ApiServer]:
    """A server with its files in `folder`, on loopback, ended with the block. Raises `NoApiServerError`."""
    program, store = find_api_server()
    client, peer, port, token = free_port(), free_port(), free_port(), secrets.token_hex(16)
    (folder / "tokens.csv").write_text(f'{token},admin,admin,"system:masters"\n', encoding="utf-8")
    key = folder / "accounts.key"
    subprocess.run(
        ["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True, timeout=60
    )
    urls = f"http://127.0.0.1:{client}"
    commands = (
        [
            *(str(store), "--data-dir", str(folder / "etcd"), "--unsafe-no-fsync", "--log-level", "error"),
            *("--listen-client-urls", urls, "--advertise-client-urls", urls),
            *("--listen-peer-urls", f"http://127.0.0.1:{peer}"),
        ],
        [
            *(str(program), f"--etcd-servers={urls}", "--bind-address=127.0.0.1", f"--secure-port={port}"),
            *(
                f"--cert-dir={folder}",
                f"--token-auth-file={folder / 'tokens.csv'}",
                "--authorization-mode=RBAC",
            ),
            *("--service-cluster-ip-range=10.0.0.0/24", "--service-account-issuer=https://tests.example"),
            *(f"--service-account-key-file={key}", f"--service-account-signing-key-file={key}"),
            "--disable-admission-plugins=ServiceAccount",  # nobody makes accounts their tokens here
        ],
    )
    log = folder / "log"
    with log.open("ab") as output:
        running = [
            subprocess.Popen(command, cwd=folder, stdout=output, stderr=output) for command in commands
        ]
    server: ApiServer | None = None
    try:
        deadline = time.monotonic() + _START_SECONDS
        while server is None or not server.ready():
            written = log.read_text(encoding="utf-8", errors="replace")[-3000:]
            assert all(process.poll() is None for process in running), written
            assert time.monotonic() < deadline, written
            if server is None and (folder / "apiserver.crt").is_file():
                server = ApiServer(f"https://127.0.0.1:{port}", token, folder / "apiserver.crt")
            time.sleep(0.2)
        yield server
    finally:
        if server is not None:
            server.close()
        for process in reversed(running):
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


if __name__ == "__main__":
    try:
        print(build())  # noqa: T201
    except NoApiServerError as error:
        sys.exit(str(error))
