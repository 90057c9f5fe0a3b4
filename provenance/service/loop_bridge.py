"""Bring results of other threads into an event loop, many at a time.

``asyncio.wrap_future`` wakes the loop for each future by itself: a system call and a change of
threads per record. Here one call wakes it for all that is done by then.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["LoopBridge"]

T = TypeVar("T")


class LoopBridge:
    """Awaits futures of other threads; for any number of event loops."""

    def __init__(self) -> None:
        """Begin with nothing done."""
        self._lock = threading.Lock()
        self._done: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}

    async def wait(self, future: Future[T]) -> T:
        """Return the future's result in the running loop; leaving early cancels nothing."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[T] = loop.create_future()

        def on_done(done: Future[T]) -> None:
            with self._lock:
                together = self._done.setdefault(loop, [])
                together.append((waiter, done))
                is_first = len(together) == 1
            if is_first and not loop.is_closed():
                loop.call_soon_threadsafe(self._deliver, loop)

        future.add_done_callback(on_done)
        return await waiter

    def _deliver(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            together = self._done.pop(loop, [])
        for waiter, done in together:
            if waiter.done():  # whoever waited has gone
                continue
            error = done.exception()
            if error is None:
                waiter.set_result(done.result())
            else:
                waiter.set_exception(error)
