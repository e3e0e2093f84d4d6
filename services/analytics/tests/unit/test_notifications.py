"""What goes out: signatures and mails."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fansipan_analytics.alerts.delivery import Notification
from fansipan_analytics.alerts.email import EmailChannel, mail_of
from fansipan_analytics.alerts.secrets import secret_of
from fansipan_analytics.alerts.webhook import sign
from fansipan_common.contracts import AlertChanged
from fansipan_common.settings import SettingsError

ROOT = Path(__file__).parents[4]
AT = datetime(2026, 7, 1, 18, 30, tzinfo=UTC)
ALERT: dict[str, Any] = {
    "id": 17,
    "rule": "high",
    "ruleNames": {"vi": "Nước cao", "en": "High water"},
    "subject": "demo/gauge/level",
    "subjectKind": "datastream",
    "subjectName": "Lào Cai",
    "areaCode": "02647",
    "severity": "critical",
    "state": "open",
    "summary": {"vi": "Lào Cai:\r\nBcc: x@y 80,5 m", "en": "Lào Cai: 80.5 m"},
    "cause": {"value": 80.5},
    "openedAt": AT,
    "startedAt": AT,
    "acknowledgedAt": None,
    "acknowledgedBy": None,
    "assignee": None,
    "escalationLevel": 1,
    "endedAt": None,
    "silenced": False,
    "version": 2,
    "change": {"id": 5, "kind": "escalated", "at": AT, "actor": "system"},
}


def test_a_signature_is_what_a_receiver_computes():
    # printf '1750000000.{"a":1}' | openssl dgst -sha256 -hmac secret
    expected = "801fe104511cda3cd833e99ab98bd20d3ccdc9e83aa6a23d988ac197ac58bc30"
    assert sign(b'{"a":1}', "secret", 1_750_000_000) == f"t=1750000000,v1={expected}"


def test_a_mail_keeps_to_its_headers_whatever_a_summary_holds():
    notification = Notification(3, AlertChanged.model_validate(ALERT))
    mail = mail_of(notification, ("a@example.vn",), "fansipan@example.vn")
    assert mail["Subject"] == "[Khẩn cấp · chưa ai xác nhận] Lào Cai: Bcc: x@y 80,5 m"
    assert mail["Bcc"] is None
    assert mail["Message-ID"] == "<alert-17-3@example.vn>"
    text = mail.get_content()
    assert "Bắt đầu: 01:30 02/07/2026" in text
    assert "High water · critical · escalated" in text


@pytest.mark.parametrize("url", ["mail.example.vn", "http://mail.example.vn", "smtp://", "smtp:mail"])
def test_an_address_of_a_mail_server_is_checked_at_start(url: str):
    with pytest.raises(ValueError, match="SMTP_URL is smtp://"):
        EmailChannel(url, sender="fansipan@example.vn")


def test_a_secret_comes_from_the_environment_or_a_file(tmp_path: Path):
    file = tmp_path / "secret"
    file.write_text("từ tệp\n", encoding="utf-8")
    environment = {"ONE": "một", "EMPTY": "", "TWO_FILE": str(file), "BAD_FILE": str(tmp_path / "none")}
    assert secret_of(environment, "ONE") == "một"
    assert secret_of(environment, "TWO") == "từ tệp"
    assert secret_of(environment, "EMPTY") is None
    assert secret_of(environment, "MISSING") is None
    with pytest.raises(SettingsError, match="BAD_FILE names"):
        secret_of(environment, "BAD")


def test_the_receiver_of_the_documentation_tells_genuine_from_false():
    page = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    [snippet] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {}
    exec(snippet, names)  # the page's own code is what is tested
    is_genuine = names["is_genuine"]
    header = sign(b'{"a":1}', "secret", 1_750_000_000)
    assert is_genuine(header, b'{"a":1}', "secret", now=1_750_000_100)
    assert not is_genuine(header, b'{"a":2}', "secret", now=1_750_000_100)
    assert not is_genuine(header, b'{"a":1}', "other", now=1_750_000_100)
    assert not is_genuine(header, b'{"a":1}', "secret", now=1_750_001_000)
    assert not is_genuine("nonsense", b"", "secret")
