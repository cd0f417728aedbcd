"""Readers of one page: each keeps one connection and asks again as soon as it is answered.

Run as a process of its own, so that asking does not count as answering. Reads {"port", "path", "cookie", "clients",
"seconds"} as JSON from stdin, writes {"requests", "failed", "seconds", "times"} to stdout; times are in milliseconds.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from typing import Any

LONGEST = 30.0  # seconds for one answer
LEAST = 5  # answers of each reader, however slow the page


@dataclass
class Tally:
    times: list[float] = field(default_factory=list)
    failed: int = 0


async def answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """The status, and whether the server keeps the connection."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    if "content-length" in fields:
        await reader.readexactly(int(fields["content-length"]))
    else:
        while size := int(await reader.readuntil(b"\r\n"), 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    return int(head.split(" ", 2)[1]), fields.get("connection") != "close"


async def read(port: int, request: bytes, until: float, tally: Tally) -> None:
    asked, writer = 0, None
    while asked < LEAST or time.monotonic() < until:
        if writer is None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        asked += 1
        begun = time.perf_counter()
        try:
            writer.write(request)
            status, kept = await asyncio.wait_for(answer(reader), LONGEST)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            status, kept = 0, False
        tally.times.append((time.perf_counter() - begun) * 1000)
        tally.failed += status != 200
        if not kept:
            writer.close()
            writer = None
    if writer:
        writer.close()


async def run(order: dict[str, Any]) -> dict[str, Any]:
    host = f"127.0.0.1:{order['port']}"
    lines = [f"GET {order['path']} HTTP/1.1", f"Host: {host}", "Accept: text/html", "User-Agent: benchmark"]
    lines += [f"Cookie: {order['cookie']}"] if order["cookie"] else []
    request = "\r\n".join([*lines, "", ""]).encode()
    tally, begun = Tally(), time.monotonic()
    until = begun + order["seconds"]
    await asyncio.gather(*(read(order["port"], request, until, tally) for _client in range(order["clients"])))
    return {
        "requests": len(tally.times), "failed": tally.failed, "seconds": time.monotonic() - begun, "times": sorted(tally.times)
    }  # fmt: skip


if __name__ == "__main__":
    json.dump(asyncio.run(run(json.load(sys.stdin))), sys.stdout)
