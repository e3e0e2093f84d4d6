"""The answers in a multipart answer to `$batch`."""

from dataclasses import dataclass
from email import policy
from email.message import Message
from email.parser import BytesParser

import httpx


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """The answer to one request, and whether it is in a change set."""

    grouped: bool
    name: str | None
    status: int
    body: bytes


def batch_answers(response: httpx.Response) -> list[BatchAnswer]:
    """All of them, in their order; of change sets, those inside."""
    assert response.status_code == 200, response.text
    head = f"Content-Type: {response.headers['content-type']}\r\n\r\n".encode()
    whole = BytesParser(policy=policy.HTTP).parsebytes(head + response.content)
    return [
        _answer(one, grouped=part.is_multipart())
        for part in _parts(whole)
        for one in (_parts(part) if part.is_multipart() else [part])
    ]


def _parts(message: "Message[str, str]") -> "list[Message[str, str]]":
    found = message.get_payload()
    assert isinstance(found, list)
    return [part for part in found if isinstance(part, Message)]


def _answer(part: "Message[str, str]", *, grouped: bool) -> BatchAnswer:
    assert part.get_content_type() == "application/http"
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    first, _, rest = content.partition(b"\r\n")
    version, status, _phrase = first.split(b" ", 2)
    assert version == b"HTTP/1.1"
    return BatchAnswer(grouped, part["Content-ID"], int(status), rest.partition(b"\r\n\r\n")[2])
