"""Both colours have the same names, and `together` does the same with tasks as with threads."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import subprocess
import sys
import threading
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from weaviate_hl.colour import aio, sync

ROOT = Path(__file__).resolve().parents[2]
VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("VARIABLE", default="unset")


def later(call: Callable[[], object]) -> Callable[[], Awaitable[object]]:
    async def run() -> object:
        await aio.sleep(0)
        return call()

    return run


def together_aio(*calls: Callable[[], object]) -> tuple[object, ...]:
    """`aio.together` for a test written once: each call is made in a task, after a turn of the loop."""

    async def run() -> tuple[object, ...]:
        return await aio.together(*map(later, calls))

    return asyncio.run(run())


both = pytest.mark.parametrize("together", [together_aio, sync.together], ids=["aio", "sync"])
Together = Callable[..., tuple[object, ...]]


def fail(error: BaseException) -> Callable[[], object]:
    def call() -> object:
        raise error

    return call


def test_the_colours_have_the_same_names() -> None:
    assert aio.__all__ == sync.__all__
    assert (aio.ASYNC, sync.ASYNC) == (True, False)
    for module in aio, sync:
        assert inspect.signature(module.together).parameters.keys() == {"calls"}


@both
def test_results_are_in_the_order_of_the_calls(together: Together) -> None:
    assert together(lambda: 1, lambda: "two", lambda: None) == (1, "two", None)
    assert together(lambda: 1) == (1,)
    assert together() == ()


@both
def test_an_error_as_a_result_is_a_result(together: Together) -> None:
    error = ValueError()
    assert together(lambda: error, lambda: 2) == (error, 2)


@both
def test_the_first_error_by_order_is_raised_and_names_the_others(together: Together) -> None:
    done = []
    calls = [lambda: done.append(1), fail(KeyError("first")), fail(ValueError("second")), lambda: done.append(2)]
    with pytest.raises(KeyError, match="first") as failure:
        together(*calls)
    assert sorted(done) == [1, 2]
    assert failure.value.__notes__ == ["At the same time: ValueError: second"]
    assert "raise error" in "".join(traceback.format_exception(failure.value))


@both
def test_a_shared_error_is_not_its_own_note(together: Together) -> None:
    error = ConnectionError("closed")
    with pytest.raises(ConnectionError) as failure:
        together(fail(error), fail(error))
    assert not hasattr(failure.value, "__notes__")


@both
def test_context_variables_come_in_and_stay_in(together: Together) -> None:
    token = VARIABLE.set("caller")
    try:
        seen = together(VARIABLE.get, lambda: VARIABLE.set("changed") and None, VARIABLE.get)
        assert (seen[0], seen[2]) == ("caller", "caller")
        assert VARIABLE.get() == "caller"
    finally:
        VARIABLE.reset(token)


def test_threads_run_at_the_same_time_and_the_first_call_stays_here() -> None:
    barrier = threading.Barrier(3, timeout=10)

    def call() -> threading.Thread:
        barrier.wait()
        return threading.current_thread()

    first, *others = sync.together(call, call, call)
    assert first is threading.current_thread()
    assert len({first, *others}) == 3
    assert not any(thread.is_alive() for thread in others)


def test_without_threads_the_calls_are_made_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    assert sync.together(lambda: 1, lambda: 2, lambda: 3) == (1, 2, 3)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_thread_reaches_the_caller(stop: type[BaseException]) -> None:
    with pytest.raises(stop):
        sync.together(lambda: 1, fail(stop()))


def test_tasks_run_at_the_same_time() -> None:
    async def main() -> tuple[int, ...]:
        barrier = asyncio.Barrier(3)
        async with asyncio.timeout(10):
            return await aio.together(barrier.wait, barrier.wait, barrier.wait)

    assert sorted(asyncio.run(main())) == [0, 1, 2]


def test_a_call_that_fails_before_it_awaits_leaves_no_other_behind() -> None:
    done = []

    async def work() -> None:
        await aio.sleep(0)
        done.append(1)

    def broken() -> Awaitable[None]:
        raise ValueError("at once")

    async def main() -> None:
        await aio.together(work, broken)

    with pytest.raises(ValueError, match="at once"):
        asyncio.run(main())
    assert done == [1]


def test_cancelled_it_cancels_the_calls_and_waits_for_them() -> None:
    ended = []

    async def work(name: str) -> None:
        try:
            await aio.sleep(60)
        finally:
            await aio.sleep(0)
            ended.append(name)

    async def main() -> None:
        task = asyncio.ensure_future(aio.together(lambda: work("a"), lambda: work("b")))
        await aio.sleep(0)
        await aio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended == ["a", "b"]

    asyncio.run(main())


def test_a_call_that_is_cancelled_alone_is_an_error_like_any_other() -> None:
    async def work() -> None:
        raise asyncio.CancelledError

    async def main() -> None:
        with pytest.raises(ValueError) as failure:
            await aio.together(later(fail(ValueError())), work)
        assert failure.value.__notes__ == ["At the same time: CancelledError: "]
        with pytest.raises(asyncio.CancelledError):
            await aio.together(work, later(lambda: 1))

    asyncio.run(main())


def test_locks_slots_and_sleep_are_used_alike() -> None:
    async def main() -> bool:
        async with aio.Lock() as lock, aio.Calls().slots:
            await aio.sleep(-1)
            return lock is None and aio.monotonic() > 0

    with sync.Lock(), sync.Calls().slots:
        sync.sleep(-1)
    assert asyncio.run(main())
    assert sync.monotonic() > 0


@pytest.mark.parametrize("module", ["weaviate_hl", "weaviate_hl.colour", "weaviate_hl.colour.sync"])
def test_only_the_asynchronous_colour_loads_asyncio(module: str) -> None:
    program = f"import sys, {module}; sys.exit('asyncio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0


@pytest.mark.parametrize("checker", [["mypy", "--strict"], ["basedpyright"]], ids=["mypy", "basedpyright"])
def test_together_is_typed(checker: list[str], tmp_path: Path) -> None:
    for colour, kind, wait in ("aio", "async def", "await "), ("sync", "def", ""):
        (tmp_path / f"{colour}.py").write_text(f"""
from typing import assert_type
from weaviate_hl.colour.{colour} import together

{kind} number() -> int: return 1
{kind} text() -> str: return ""

{kind} check() -> None:
    assert_type({wait}together(number, text), tuple[int, str])
    assert_type({wait}together(text, text, number, lambda: text()), tuple[str, str, int, str])
    assert_type({wait}together(*[number, number]), tuple[int, ...])
    assert_type({wait}together(number, number, number), tuple[int, ...])
""")
    files = [str(tmp_path / "aio.py"), str(tmp_path / "sync.py")]
    result = subprocess.run([sys.executable, "-m", *checker, *files], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_many_calls_begin_a_few_at_a_turn_of_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aio, "AT_A_TURN", 2)

    async def main() -> list[int]:
        calls, begun, per_turn = aio.Calls(), [], list[int]()

        async def call(number: int) -> None:
            await calls.queue()
            begun.append(number)
            async with calls.scope():
                await asyncio.sleep(0.05)

        tasks = [asyncio.create_task(call(number)) for number in range(12)]
        await asyncio.sleep(0)
        tasks[7].cancel()
        while len(begun) < 11:
            before = len(begun)
            await asyncio.sleep(0)
            per_turn.append(len(begun) - before)
        assert begun == [number for number in range(12) if number != 7]
        await asyncio.gather(*tasks, return_exceptions=True)
        return per_turn

    assert max(asyncio.run(main())) <= 2
