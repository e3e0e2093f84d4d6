"""Missing Debian packages: named once each, with the command that installs them."""

import pytest

from fansipan_local.debian import Requirement, missing_packages, packages_missing

pytestmark = pytest.mark.unit


def test_only_what_is_missing_is_named_and_only_once() -> None:
    needs = [
        Requirement("sh", "dash"),
        Requirement("no-such-program-1", "redis-server"),
        Requirement("no-such-program-2", "redis-server"),
        Requirement("/no/such/file", "debian-archive-keyring"),
        Requirement("/", "base-files"),
    ]
    assert missing_packages(needs) == ["redis-server", "debian-archive-keyring"]


def test_a_user_without_rights_gets_the_exact_command() -> None:
    error = packages_missing(["mosquitto", "maven"])
    assert error.problem == "Debian packages are missing: mosquitto, maven."
    assert error.remedy == "Run: sudo apt-get install --no-install-recommends mosquitto maven"
