"""Notifications as e-mail, in Vietnamese with the English below."""

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import aiosmtplib
import structlog

from fansipan_analytics.alerts.delivery import Notification, Refused, Undelivered
from fansipan_common.contracts import AlertChanged
from fansipan_indicators.alert_rules import Receiver

_log = structlog.get_logger(__name__)

_TIMEOUT_SECONDS: Final = 15.0
_ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")
_SEVERITY_VI: Final = {
    "info": "Thông tin",
    "warning": "Cảnh báo",
    "serious": "Nghiêm trọng",
    "critical": "Khẩn cấp",
}
_CHANGE_VI: Final = {
    "opened": "mới",
    "raised": "nặng hơn",
    "escalated": "chưa ai xác nhận",
    "resolved": "đã kết thúc",
    "withdrawn": "đã thu hồi do số liệu được sửa",
}


class EmailChannel:
    """Sends through one SMTP server.

    Args:
        url: `smtp://[user:password@]host[:port]` (TLS when the server offers it) or `smtps://…`; None: there is none.
        sender: address in From.

    Raises:
        ValueError: the address of the server cannot be used.
    """

    def __init__(self, url: str | None, *, sender: str) -> None:
        parts = urlsplit(url or "")
        if url is not None and (parts.scheme not in ("smtp", "smtps") or not parts.hostname):
            raise ValueError(
                "SMTP_URL is smtp://[user:password@]host[:port], or smtps://… for TLS from the start"
            )
        self._host = parts.hostname
        self._use_tls = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._use_tls else 25)
        self._username = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._sender = sender

    async def deliver(self, receiver: Receiver, notification: Notification) -> None:
        """Send once; a permanent answer of the server (5xx) is final, anything else may be tried again."""
        if receiver.email is None:
            raise Undelivered(f"receiver {receiver.key} has no e-mail addresses")
        if self._host is None:
            raise Undelivered("set SMTP_URL for analytics: there is no mail server")
        message = mail_of(notification, receiver.email.to, self._sender)
        try:
            refused, _ = await aiosmtplib.send(
                message,
                hostname=self._host,
                port=self._port,
                username=self._username,
                password=self._password,
                use_tls=self._use_tls,
                timeout=_TIMEOUT_SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = {refused.code for refused in error.recipients}
            kind = Refused if all(code >= 500 for code in codes) else Undelivered
            raise kind(f"recipients refused: {', '.join(map(str, sorted(codes)))}") from error
        except (
            aiosmtplib.SMTPAuthenticationError
        ) as error:  # a wrong password is put right without the sender
            raise Undelivered(f"the mail server refuses the login: {error.code} {error.message}") from error
        except aiosmtplib.SMTPResponseException as error:
            kind = Refused if error.code >= 500 else Undelivered
            raise kind(f"{error.code} {error.message}") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Undelivered(f"{type(error).__name__}: {error}") from error
        if refused:  # the others have it: sending again would tell them twice
            _log.warning("some addresses were refused", receiver=receiver.key, refused=sorted(refused))


def mail_of(notification: Notification, to: tuple[str, ...], sender: str) -> EmailMessage:
    """The message of a notification."""
    alert = notification.alert
    message = EmailMessage()
    message["From"] = sender
    message["To"] = ", ".join(to)
    message["Date"] = format_datetime(alert.change.at)
    message["Message-ID"] = f"<alert-{alert.id}-{notification.id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    state = _CHANGE_VI.get(alert.change.kind, alert.change.kind)
    title = f"[{_SEVERITY_VI[alert.severity]} · {state}] {alert.summary.vi}"
    message["Subject"] = " ".join(title.split())
    message.set_content(_text(alert, state))
    return message


def _text(alert: AlertChanged, state: str) -> str:
    note = f"\n{alert.change.note}" if alert.change.note else ""
    return f"""{alert.summary.vi}

{alert.rule_names.vi} · {_SEVERITY_VI[alert.severity]} · {state}
Bắt đầu: {_moment(alert.started_at)} · Cảnh báo số {alert.id}

--
{alert.summary.en}

{alert.rule_names.en} · {alert.severity} · {alert.change.kind}
Since: {_moment(alert.started_at)} · Alert no. {alert.id}{note}
"""


def _moment(at: datetime) -> str:
    return at.astimezone(_ZONE).strftime("%H:%M %d/%m/%Y")
