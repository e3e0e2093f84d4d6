"""Known faults of what is locked, asked of the registries by their own clients (pip-audit, npm audit)."""

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from fansipan_local.supply_chain.accepted import Accepted

_SECONDS: Final = 300.0


class Unreachable(Exception):
    """Nobody could be asked; the text is the end of what the client said."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A known fault.

    Attributes:
        package: its name and version.
        ids: of its advisories; all mean the same.
        text: what it is, and where it is mended.
    """

    package: str
    ids: frozenset[str]
    text: str

    @property
    def name(self) -> str:
        """Name of the package."""
        return self.package.rpartition(" ")[0]


def python_findings(lock: Path) -> list[Finding]:
    """Faults of the packages of a requirements file with hashes.

    Raises:
        Unreachable: the registry does not answer.
    """
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--requirement",
        str(lock),
        "--disable-pip",
        "--require-hashes",
    ]
    command += ["--progress-spinner", "off", "--format", "json", "--desc", "off"]
    packages = _asked(command, lock.parent)["dependencies"]
    unknown = [package for package in packages if "skip_reason" in package]
    if (
        unknown
    ):  # a mirror may have the packages and not what is known of them; pip-audit calls that a success
        raise Unreachable(f"{len(unknown)} of {len(packages)}: {unknown[0]['skip_reason']}")
    return [
        Finding(
            f"{package['name']} {package['version']}",
            frozenset({fault["id"], *fault.get("aliases", [])}),
            f"mended in {', '.join(fault['fix_versions']) or 'no version yet'}",
        )
        for package in packages
        for fault in package.get("vulns", [])
    ]


def page_findings(folder: Path) -> list[Finding]:
    """Faults of the packages of an npm lock file.

    Raises:
        Unreachable: the registry does not answer, or does not know how to.
    """
    document = _asked(["npm", "audit", "--json", "--package-lock-only"], folder)
    found: dict[tuple[str, str], Finding] = {}
    for name, entry in document["vulnerabilities"].items():
        for cause in entry["via"]:
            if isinstance(cause, dict):
                advisory = str(cause.get("url", "")).rpartition("/")[2] or str(cause.get("source", "?"))
                found[name, advisory] = Finding(
                    f"{name} {entry.get('range', '')}",
                    frozenset({advisory}),
                    f"{cause.get('severity', '')}: {cause.get('title', '')}",
                )
    return list(found.values())


def _asked(command: list[str], folder: Path) -> dict[str, Any]:
    """What a client says as JSON; both end with 1 when they have found something, and when they have not asked."""
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except FileNotFoundError as error:
        raise Unreachable(f"{command[0]} is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise Unreachable(f"no answer within {_SECONDS:.0f} s") from error
    try:
        document = json.loads(done.stdout)
    except ValueError:
        document = None
    if not isinstance(document, dict) or not document.keys() & {"dependencies", "vulnerabilities"}:
        raise Unreachable((done.stderr or done.stdout).strip()[-500:])
    return document


def judge(findings: Iterable[Finding], accepted: Accepted, today: date) -> tuple[list[str], list[str]]:
    """What is wrong, and what is accepted, one line each.

    An acceptance that has run out does not count any more; one that is about nothing is not looked at.
    """
    wrong: list[str] = []
    known: list[str] = []
    for finding in findings:
        line = f"{finding.package}: {', '.join(sorted(finding.ids))}: {finding.text}"
        reasons = [
            each for each in accepted.findings if each.id in finding.ids and each.package == finding.name
        ]
        if any(today < each.until for each in reasons):
            known.append(f"{line}; accepted until {reasons[0].until}: {reasons[0].reason}")
        elif reasons:
            wrong.append(f"{line}; was accepted until {reasons[0].until}: look again")
        else:
            wrong.append(line)
    return wrong, known
