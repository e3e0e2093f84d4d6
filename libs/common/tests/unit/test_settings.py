"""Settings come from the environment or from files, and an unusable one is named."""

from pathlib import Path

import pytest

from fansipan_common.settings import CommonSettings, SettingsError, load_settings

URL = "postgresql://u:secret@host/db"


@pytest.fixture(autouse=True)
def _only_what_a_test_sets(monkeypatch: pytest.MonkeyPatch):
    for name in ("DATABASE_URL", "REDIS_URL", "KAFKA_BOOTSTRAP_SERVERS", "FANSIPAN_PORT"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)


def test_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv("FANSIPAN_PORT", "8123")
    settings = load_settings(CommonSettings)
    assert settings.database_url.get_secret_value() == URL
    assert settings.port == 8123
    assert settings.redis_url is None


def test_a_file_may_hold_the_value(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    secret = tmp_path / "database-url"
    secret.write_text(f"{URL}\n")
    monkeypatch.setenv("DATABASE_URL_FILE", str(secret))
    monkeypatch.setenv("FANSIPAN_PORT_FILE", str(tmp_path / "port"))
    (tmp_path / "port").write_text("8124")
    settings = load_settings(CommonSettings)
    assert settings.database_url.get_secret_value() == URL
    assert settings.port == 8124


def test_a_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "nothing"))
    with pytest.raises(SettingsError, match=r"DATABASE_URL_FILE names .*nothing"):
        load_settings(CommonSettings)


def test_every_unusable_setting_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", "")  # empty is as good as absent
    monkeypatch.setenv("FANSIPAN_PORT", "99999")
    with pytest.raises(SettingsError) as caught:
        load_settings(CommonSettings)
    assert "DATABASE_URL: Field required" in str(caught.value)
    assert "FANSIPAN_PORT: Input should be less than" in str(caught.value)


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv("REDIS_URL", "redis://:secret@host")
    assert "secret" not in repr(load_settings(CommonSettings))
