"""How a service runs from its container image instead of this Python environment."""

import os
import zlib
from collections.abc import Iterable
from pathlib import Path

# As in deploy/k8s/base: what a pod may use at most, and where alone it may write.
MEMORY_LIMIT = "512m"
GATEWAY_MEMORY_LIMIT = "768m"
TEMPORARY_SPACE = "/tmp:rw,nosuid,nodev,noexec,size=1g,mode=1777"  # noqa: S108  (inside the container)
USER = "10001:10001"


def image_pattern() -> str | None:
    """`FANSIPAN_IMAGES`: name of the images with `{name}` for the service's, such as `fansipan/{name}:0.1.0`."""
    return os.environ.get("FANSIPAN_IMAGES", "").strip() or None


def run_image(image: str, container: str, variables: Iterable[str], memory: str = MEMORY_LIMIT) -> list[str]:
    """The command that runs a container in the foreground, as strictly confined as the pods are.

    Args:
        image: its name.
        container: name of the container; one of that name that was left behind is removed before.
        variables: names of environment variables that the container gets with their values.
        memory: how much it may use.
    """
    options = [
        f"--name={container}",
        "--rm",
        "--network=host",
        "--read-only",
        f"--tmpfs={TEMPORARY_SPACE}",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        f"--user={USER}",
        f"--memory={memory}",
        f"--memory-swap={memory}",
        *(f"--env={name}" for name in sorted(variables)),
    ]
    script = 'docker rm --force "$0" >/dev/null 2>&1; exec docker run "$@"'
    return ["/bin/sh", "-c", script, container, *options, image]


def container_name(state: Path, service: str) -> str:
    """A name that is this state's alone."""
    return f"fansipan-{zlib.crc32(str(state.resolve()).encode()):08x}-{service}"
