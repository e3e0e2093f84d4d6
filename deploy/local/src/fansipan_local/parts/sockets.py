"""One bounded question and answer over TCP, for readiness probes."""

import socket

from fansipan_local.errors import NotReadyError
from fansipan_local.ports import LOOPBACK


def ask(port: int, question: bytes, answer_bytes: int, timeout: float) -> bytes:
    """Send `question`, return the first `answer_bytes` of the answer, or fewer. Raises NotReadyError."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout) as sock:
            sock.settimeout(timeout)
            sock.sendall(question)
            answer = b""
            while len(answer) < answer_bytes:
                more = sock.recv(answer_bytes - len(answer))
                if not more:
                    break
                answer += more
            return answer
    except OSError as error:
        raise NotReadyError(f"port {port}: {error}") from error
