"""Clients that do not slow down when the service does: so many requests a second, come what may.

A process of its own, so that the service has its processor to itself as far as there is one. What
was refused is offered again later, the very same bytes.

    python -m faults.overload_clients URL RECORDS RATE REQUESTS ANSWERS

RECORDS holds one batch a line, RATE is in requests a second, and ANSWERS gets one line for each
request: status, seconds from the moment it was due, and the body of what was accepted.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import deque
from pathlib import Path
from urllib.parse import urlsplit

CONNECTIONS = 200
"""At most so many requests at once: beyond it they wait here, and their time counts."""

PATIENCE_SECONDS = 120.0


class Clients:
    """Offers batches at a rate, over connections that are kept."""

    def __init__(self, url: str, batches: list[bytes], answers: Path) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 0
        self._batches = deque(batches)
        self._idle: deque[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = deque()
        self._room = asyncio.Semaphore(CONNECTIONS)
        self._answers = answers.open("w", encoding="utf-8")

    async def offer(self, rate: float, requests: int) -> None:
        """Send ``requests``, each when it is due."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(requests):
                due = began + number / rate
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                group.create_task(self._one(due))
        self._answers.close()

    async def _one(self, due: float) -> None:
        async with self._room:
            if not self._batches:
                return  # all of them are on their way or accepted
            batch = self._batches.popleft()
            try:
                status, body = await asyncio.wait_for(self._ask(batch), PATIENCE_SECONDS)
            except (TimeoutError, OSError, EOFError) as error:
                status, body = 0, repr(error)
            took = time.monotonic() - due
        if status != 200:
            self._batches.append(batch)
            body = body[:300]
        line = {"status": status, "seconds": took, "body": body}
        self._answers.write(json.dumps(line) + "\n")

    async def _ask(self, body: bytes) -> tuple[int, str]:
        if self._idle:
            reader, writer = self._idle.popleft()
        else:
            reader, writer = await asyncio.open_connection(self._host, self._port, limit=1 << 24)
        head = (
            f"POST /v1/records/batch HTTP/1.1\r\nhost: {self._host}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        try:
            writer.write(head.encode() + body)
            await writer.drain()
            answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            status = int(answer.split(" ", 2)[1])
            length = int(answer.partition("content-length: ")[2].partition("\r\n")[0] or "0")
            said = (await reader.readexactly(length)).decode()
        except BaseException:
            writer.close()
            raise
        self._idle.append((reader, writer))
        return status, said


def main() -> None:
    url, records, rate, requests, answers = sys.argv[1:]
    batches = Path(records).read_bytes().splitlines()

    async def offer() -> None:
        await Clients(url, batches, Path(answers)).offer(float(rate), int(requests))

    asyncio.run(offer())


if __name__ == "__main__":
    main()
