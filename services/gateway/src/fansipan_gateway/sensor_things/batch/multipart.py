"""Batches as `multipart/mixed`: each part an HTTP request, or a change set of them (OData 4.0 part 1, 11.7)."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import replace
from email import policy
from email.message import Message
from email.parser import BytesParser
from http import HTTPStatus
from itertools import groupby
from typing import Final

from fansipan_gateway.sensor_things.batch.domain import MAX_PARTS, BadBatch, BadPart, Part, PartAnswer

_REQUEST_LINE: Final = re.compile(r"([A-Z]{1,10}) +(\S.*?)(?: +HTTP/\d(?:\.\d)?)? *")
_READS: Final = "a change set is of requests that change something: send GET outside of it"
_HEAD_ENDS: Final = re.compile(rb"\r?\n\r?\n")


def read_multipart(body: bytes, content_type: str) -> list[Part]:
    """The requests of a batch, those of change sets with the name of theirs.

    Raises:
        BadBatch: it is none. What is wrong with single requests is in them.
    """
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    try:
        whole = BytesParser(policy=policy.HTTP).parsebytes(head + body)
    except RecursionError as error:
        raise BadBatch("parts are nested too deep") from error
    if not whole.is_multipart() or not whole.get_boundary():
        raise BadBatch("a multipart/mixed body with the boundary that Content-Type names is wanted")
    parts: list[Part] = []
    for number, part in enumerate(_inside(whole), start=1):
        if part.get_content_type() != "multipart/mixed":
            parts.append(_part(part, None))
        elif part.is_multipart():
            parts += _change_set(part, f"change set {number}")
        else:
            parts.append(
                Part(None, fault=BadPart(f"change set {number} has no parts: is its boundary right?"))
            )
        if len(parts) > MAX_PARTS:
            raise BadBatch(f"more than {MAX_PARTS} requests: send several batches")
    if not parts:
        raise BadBatch("there is no request in it")
    return parts


def _change_set(part: "Message[str, str]", name: str) -> list[Part]:
    found = [_part(inner, name) for inner in _inside(part)]
    if len(found) == 1:  # whatever it is, it succeeds or fails as a whole
        return found
    return [replace(one, fault=BadPart(_READS)) if one.method == "GET" else one for one in found]


def _inside(whole: "Message[str, str]") -> "list[Message[str, str]]":
    found = whole.get_payload()
    return [part for part in found if isinstance(part, Message)] if isinstance(found, list) else []


def _part(part: "Message[str, str]", group: str | None) -> Part:
    content_id = part.get("Content-ID")
    name = None if content_id is None else str(content_id).strip().strip("<>")
    kind = part.get_content_type()
    if kind != "application/http":
        wanted = "application/http" if group else "application/http or multipart/mixed"
        return Part(name, group=group, fault=BadPart(f"a part is {wanted}, not {kind}"))
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return Part(name, group=group, fault=BadPart("there is no request in this part"))
    return _request(content.lstrip(b"\r\n"), name, group)


def _request(content: bytes, name: str | None, group: str | None) -> Part:
    """An HTTP request as bytes."""
    pieces = _HEAD_ENDS.split(content, maxsplit=1)
    first, *lines = pieces[0].decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    line = _REQUEST_LINE.fullmatch(first)
    if line is None:
        return Part(
            name, group=group, fault=BadPart("a part begins with a line like: GET Things(1) HTTP/1.1")
        )
    headers = {
        key.strip().lower(): value.strip()
        for key, colon, value in (text.partition(":") for text in lines)
        if colon
    }
    body = pieces[1] if len(pieces) == 2 else b""
    return Part(headers.get("content-id", name), line[1], line[2], headers, body, group)


def write_multipart(parts: Sequence[Part], answers: Sequence[PartAnswer]) -> tuple[bytes, str]:
    """The answers, and the content type of all. A change set that failed has one answer: of the request that did."""
    boundary = f"batch_{secrets.token_hex(16)}"
    pieces: list[bytes] = []
    pairs = list(zip(parts, answers, strict=True))
    for group, members in groupby(pairs, key=lambda pair: pair[0].group):
        found = list(members)
        if group is None:
            pieces += [_written(*pair) for pair in found]
        elif not all(answer.good for _part, answer in found):
            pieces.append(_written(*next(pair for pair in found if not pair[1].follows)))
        else:
            inner = f"changeset_{secrets.token_hex(16)}"
            head = f"Content-Type: multipart/mixed; boundary={inner}\r\n\r\n".encode()
            pieces.append(head + _joined([_written(*pair) for pair in found], inner))
    return _joined(pieces, boundary), f"multipart/mixed; boundary={boundary}"


def _written(part: Part, answer: PartAnswer) -> bytes:
    head = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    if part.id is not None:
        head.append(f"Content-ID: {_one_line(part.id)}")
    phrase = HTTPStatus(answer.status).phrase
    head += ["", f"HTTP/1.1 {answer.status} {phrase}"]
    head += [f"{name.title()}: {_one_line(value)}" for name, value in answer.headers.items()]
    head += [f"Content-Length: {len(answer.body)}", "", ""]
    return "\r\n".join(head).encode("utf-8") + answer.body


def _joined(pieces: Sequence[bytes], boundary: str) -> bytes:
    mark = f"--{boundary}".encode()
    return b"".join(mark + b"\r\n" + piece + b"\r\n" for piece in pieces) + mark + b"--\r\n"


def _one_line(text: str) -> str:
    return re.sub(r"[\r\n\0]+", " ", text)
