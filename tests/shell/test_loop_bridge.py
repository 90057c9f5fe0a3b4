"""Results of other threads in an event loop: each to whoever waits, many by one wake-up."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future

import pytest

from provenance.errors import UnavailableError
from provenance.service.loop_bridge import LoopBridge


def test_each_waiter_gets_its_own_result_or_error() -> None:
    bridge = LoopBridge()
    futures: list[Future[int]] = [Future() for _ in range(50)]

    async def main() -> list[int | BaseException]:
        waiting = asyncio.gather(*map(bridge.wait, futures), return_exceptions=True)
        await asyncio.sleep(0)
        threading.Thread(target=finish).start()
        return await waiting

    def finish() -> None:
        for number, future in enumerate(futures):
            if number % 7 == 3:
                future.set_exception(UnavailableError(str(number)))
            else:
                future.set_result(number)

    results = asyncio.run(main())

    for number, result in enumerate(results):
        if number % 7 == 3:
            assert isinstance(result, UnavailableError)
            assert str(result) == str(number)
        else:
            assert result == number


def test_what_is_done_together_wakes_the_loop_once() -> None:
    bridge = LoopBridge()
    futures: list[Future[int]] = [Future() for _ in range(20)]

    async def main() -> int:
        loop = asyncio.get_running_loop()
        calls = 0
        wake = loop.call_soon_threadsafe

        def counted(*arguments: object) -> asyncio.Handle:
            nonlocal calls
            calls += 1
            return wake(*arguments)  # type: ignore[arg-type]  # passed on as they came

        loop.call_soon_threadsafe = counted  # type: ignore[method-assign, assignment]  # counts only
        waiting = asyncio.gather(*map(bridge.wait, futures))
        await asyncio.sleep(0)
        for number, future in enumerate(futures):
            future.set_result(number)
        await waiting
        return calls

    assert asyncio.run(main()) == 1


def test_a_future_that_is_done_already_is_no_different() -> None:
    future: Future[str] = Future()
    future.set_result("done")

    assert asyncio.run(LoopBridge().wait(future)) == "done"


def test_a_waiter_that_has_gone_does_not_stop_the_others() -> None:
    bridge = LoopBridge()
    gone: Future[int] = Future()
    stays: Future[int] = Future()

    async def main() -> int:
        impatient = asyncio.create_task(bridge.wait(gone))
        patient = asyncio.create_task(bridge.wait(stays))
        await asyncio.sleep(0)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        gone.set_result(1)
        stays.set_result(2)
        return await patient

    assert asyncio.run(main()) == 2


def test_a_result_after_the_loop_has_closed_is_dropped() -> None:
    bridge = LoopBridge()
    late: Future[int] = Future()

    async def leave_early() -> None:
        task = asyncio.create_task(bridge.wait(late))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(leave_early())
    late.set_result(1)

    assert late.result() == 1
