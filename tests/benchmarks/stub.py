"""A fast stand-in for Meta's refresh endpoint, in a process of its own: `python -m tests.benchmarks.stub MILLISECONDS`.

It listens on 127.0.0.1 alone, prints its port, answers each request so long after it came and never earlier, and ends
when its standard input does: with its parent, however that ended. `/control` tells what it has done so far.
"""

from __future__ import annotations

import asyncio
import json
import resource
import secrets
import sys
from collections import deque

HEAD_END = b"\r\n\r\n"
TOKEN_LENGTH = 249
EXPIRES_IN = 5_184_000


class Answers:
    """What the stub says, and how often it said so. Its tokens carry the run's prefix and a rising number."""

    def __init__(self) -> None:
        self.prefix = f"IGAAbench{secrets.token_hex(8)}x"
        self.given = 0
        self.answered = 0
        self._tail = "Z" * (TOKEN_LENGTH - len(self.prefix) - 10)

    def to(self, line: bytes) -> bytes:
        """The whole answer to a request, by its first line."""
        self.answered += 1
        if line.startswith(b"GET /refresh_access_token?"):
            self.given += 1
            token = f"{self.prefix}{self.given:010d}{self._tail}"
            return answer(f'{{"access_token":"{token}","token_type":"bearer","expires_in":{EXPIRES_IN}}}')
        if b"/me?" in line:
            return answer('{"user_id":"17841400000000001","id":"25000000000000001","username":"bench"}')
        return answer(
            '{"error":{"message":"Unsupported request","type":"IGApiException","code":100}}', "400 Bad Request"
        )

    def told(self) -> bytes:
        """The answer at the control path: CPU seconds, requests answered, tokens given and what they begin with."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        cpu = usage.ru_utime + usage.ru_stime
        facts = {"cpu_seconds": cpu, "answered": self.answered, "given": self.given, "prefix": self.prefix}
        return answer(json.dumps(facts))


def answer(body: str, status: str = "200 OK") -> bytes:
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json; charset=UTF-8\r\n"
        f"facebook-api-version: v26.0\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


class Line:
    """Answers wait here for their moment, first come first served: one latency for all keeps them in order."""

    def __init__(self, latency: float) -> None:
        self._latency = latency
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[float, asyncio.Transport, bytes]] = deque()

    def send(self, transport: asyncio.Transport, content: bytes) -> None:
        if not self._latency:
            transport.write(content)
            return
        self._waiting.append((self._loop.time() + self._latency, transport, content))
        if len(self._waiting) == 1:
            self._loop.call_at(self._waiting[0][0], self._release)

    def _release(self) -> None:
        # The loop may wake a little early; nobody is answered before the time.
        while self._waiting and self._waiting[0][0] <= self._loop.time():
            _, transport, content = self._waiting.popleft()
            if not transport.is_closing():
                transport.write(content)
        if self._waiting:
            self._loop.call_at(self._waiting[0][0], self._release)


class Caller(asyncio.Protocol):
    """One kept-alive connection. Requests have no body: a head is a whole request."""

    def __init__(self, answers: Answers, line: Line) -> None:
        self._answers, self._line = answers, line
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *requests, self._received = (self._received + data).split(HEAD_END)
        for request in requests:
            first, _, _ = request.partition(b"\r\n")
            if first.startswith(b"GET /control "):
                self._transport.write(self._answers.told())
            else:
                self._line.send(self._transport, self._answers.to(first))


async def serve(latency: float) -> None:
    """Answers until standard input ends; `latency` in seconds."""
    loop = asyncio.get_running_loop()
    answers, line = Answers(), Line(latency)
    server = await loop.create_server(lambda: Caller(answers, line), "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    orphaned = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), orphaned.set)
    await orphaned.wait()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1]) / 1000))
