"""The asynchronous colour: tasks of asyncio. colour/sync.py has the same names for threads."""

from __future__ import annotations

import asyncio
import os
import weakref
from asyncio import CancelledError, Condition, Lock, Semaphore, sleep
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from concurrent.futures import CancelledError as FutureCancelled
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from itertools import islice
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeVar, overload

from weaviate_hl.colour import end, make_all, raise_first

if TYPE_CHECKING:
    from weaviate_hl.deadline import Deadline

__all__ = [
    "ASYNC",
    "Bell",
    "Calls",
    "CancelledError",
    "Condition",
    "Exchange",
    "Guard",
    "Kept",
    "Lock",
    "Strand",
    "Worker",
    "cancellations_of_task",
    "in_loop",
    "in_thread",
    "locked",
    "monotonic",
    "network_backend",
    "sleep",
    "socket_timeout",
    "together",
    "within",
]

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")

# `if ASYNC:` marks what the twin must not have; codegen/twin.py keeps the other branch only.
ASYNC: Final[Literal[True]] = True

AT_ONCE = 64
"""Calls in flight at most: more at once only make each other, and the event loop, slower."""
AT_A_TURN = 32
"""Calls that begin in one turn of the event loop, of hundreds that are made at once."""


def within(deadline: Deadline) -> asyncio.Timeout:
    """Ends what runs in it with a TimeoutError when the deadline passes."""
    return asyncio.timeout(deadline.remaining())


@asynccontextmanager
async def locked(lock: Lock, deadline: Deadline) -> AsyncGenerator[None, None]:
    """Holds a lock, which must be had before the deadline."""
    async with within(deadline):
        await lock.acquire()
    try:
        yield
    finally:
        lock.release()


class Guard:
    """What only one thread at a time may do: nothing to see to, as tasks give way only where they await."""

    def __enter__(self) -> None:
        """Go on."""

    def __exit__(self, *_: object) -> None:
        """Go on."""


class Bell:
    """Wakes those who wait for a change of what a guard protects. To wait or to ring, hold the guard."""

    def __init__(self, guard: Guard) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    async def wait(self, timeout: float | None = None) -> None:
        """Wait for the bell, or so many seconds; look again then."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            await asyncio.wait([future], timeout=timeout)
        finally:
            if future in self._waiting:
                self._waiting.remove(future)

    def notify(self) -> None:
        """Wake one."""
        if self._waiting:
            self._waiting.pop(0).set_result(None)

    def notify_all(self) -> None:
        """Wake all."""
        while self._waiting:
            self.notify()


class Strand:
    """Something that goes on beside the rest: a task."""

    def __init__(self, call: Callable[[], Awaitable[None]]) -> None:
        async def run() -> None:
            await call()

        self._task = asyncio.ensure_future(run())

    async def join(self) -> None:
        """Wait until it has ended."""
        await asyncio.wait([self._task])

    def is_current(self) -> bool:
        """Whether this runs in it."""
        return asyncio.current_task() is self._task

    def cancel(self) -> None:
        """Interrupt it."""
        self._task.cancel()


def cancellations_of_task() -> int:
    """How often the running task was cancelled: whether a CancelledError is meant for it, or for what it waits for."""
    task = asyncio.current_task()
    return task.cancelling() if task is not None else 0


class Interrupted(Exception):
    """A call was ended by `Calls.end`."""


class Calls:
    """The calls that are under way, which can be ended all at once.

    Attributes:
        slots: Held while a call is in flight.
    """

    def __init__(self) -> None:
        self.slots: AbstractAsyncContextManager[None] = Semaphore(AT_ONCE)
        self._scopes: set[_Scope] = set()
        self._queue: deque[asyncio.Future[None]] = deque()

    async def queue(self) -> None:
        """Wait behind the calls that wait, of which each turn of the loop lets some go; few calls need not wait."""
        if self._queue or len(self._scopes) >= AT_A_TURN:
            loop = asyncio.get_running_loop()
            if not self._queue:
                loop.call_soon(self._let_go, loop)
            turn = loop.create_future()
            self._queue.append(turn)
            await turn

    def _let_go(self, loop: asyncio.AbstractEventLoop) -> None:
        for _ in range(min(AT_A_TURN, len(self._queue))):
            turn = self._queue.popleft()
            if not turn.done():  # else it was cancelled
                turn.set_result(None)
        if self._queue:
            loop.call_soon(self._let_go, loop)

    def scope(self) -> _Scope:
        """What a call runs in: it raises `Interrupted` there when calls are ended."""
        return _Scope(self._scopes)

    async def pause(self, seconds: float) -> None:
        """Wait, but no longer than until calls are ended."""
        await sleep(seconds)

    async def end(self) -> None:
        """End all calls, but for one that asks for it, and wait until they have ended."""
        me = asyncio.current_task()
        if left := [scope.end() for scope in self._scopes if scope.task is not me]:
            await asyncio.wait(left)


class _Scope:
    """Cancels its task, and takes the cancellation back where it ends, as `asyncio.timeout` does."""

    __slots__ = ("_cancellations", "_left", "_scopes", "task")

    def __init__(self, scopes: set[_Scope]) -> None:
        self._scopes = scopes
        self._left: asyncio.Future[None] | None = None  # to be done when the scope was left, if it is ended

    async def __aenter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in a task
        self.task = task
        self._cancellations = task.cancelling()
        self._scopes.add(self)

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_value: BaseException | None, traceback: object
    ) -> None:
        self._scopes.discard(self)
        if self._left is not None:
            self._left.set_result(None)
            if self.task.uncancel() <= self._cancellations and exc_type is asyncio.CancelledError:
                raise Interrupted from exc_value

    def end(self) -> asyncio.Future[None]:
        self._left = self.task.get_loop().create_future()
        self.task.cancel()
        return self._left


class Kept:
    """Things that are closed together: by `close`, else when their owner is gone, else at the end of their event loop.

    An event loop ends by closing the asynchronous generators that were begun in it, so that one of them tells of it.
    """

    def __init__(self, owner: object, things: list[Any]) -> None:
        self._things = things
        self._loop = asyncio.get_running_loop()
        self._process = os.getpid()
        self._closing: asyncio.Task[None] | None = None
        self._closed = self._loop_ends = False
        self._until = self._until_the_loop_ends()
        weakref.finalize(owner, self._abandoned).atexit = False

    async def begin(self) -> None:
        """From now on they are kept."""
        await anext(self._until)

    async def close(self) -> None:
        """Close them."""
        await asyncio.shield(self._begin_to_close())

    def _begin_to_close(self) -> asyncio.Task[None]:
        if self._closing is None or self._closing.cancelled():  # as at the end of a loop, which cancels all tasks first
            self._closing = self._loop.create_task(self._close())
        return self._closing

    async def _close(self) -> None:
        for thing in self._things:
            await thing.close()
        self._closed = True
        if not self._loop_ends:
            await self._until.aclose()

    async def _until_the_loop_ends(self) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            self._loop_ends = True
            if not self._closed:
                await self.close()

    def _abandoned(self) -> None:
        if not self._closed and os.getpid() == self._process:
            with suppress(RuntimeError):  # the loop was closed without an end
                self._loop.call_soon_threadsafe(self._begin_to_close)


async def in_loop(loop: asyncio.AbstractEventLoop, call: Callable[[], Awaitable[None]]) -> None:
    """Make a call in the event loop that it belongs to, whichever runs now."""

    async def make() -> None:
        await call()

    if loop is asyncio.get_running_loop():
        await call()
    elif loop.is_closed():
        with suppress(RuntimeError):  # most is closed already; what belongs to the loop cannot be any more
            await call()
    else:
        made = asyncio.run_coroutine_threadsafe(make(), loop)
        if loop.is_running():
            await asyncio.wrap_future(made)


async def in_thread(call: Callable[[], A]) -> A:
    """Make a call that blocks, without blocking the event loop. Cancelled, it waits for the call to end."""
    task = asyncio.ensure_future(asyncio.to_thread(call))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


class Worker:
    """One thread for calls that block, made one after another."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "weaviate_hl")

    async def run(self, call: Callable[[], A]) -> A:
        """Make a call."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    def close(self) -> None:
        """End the thread when its calls are done."""
        self._pool.shutdown(wait=False)


class Exchange(Generic[A, B]):
    """Work in a thread of its own, which takes what comes from here and makes what goes back, one by one.

    Args:
        work: From an iterator of what comes to an iterator of what goes back.
        items: What comes.
    """

    def __init__(self, work: Callable[[Iterator[A]], Iterator[B]], items: AsyncIterable[A] | Iterable[A]) -> None:
        self._items = items
        self._loop = asyncio.get_running_loop()
        self._made: asyncio.Queue[Callable[[], B]] = asyncio.Queue()
        self._coming: Future[list[A]] | None = None
        self._closed = False
        Thread(target=make_all, args=(work, self._come(), self._put), name="weaviate_hl", daemon=True).start()

    async def next(self, deadline: Deadline) -> B:
        """What was made next, or the error of the work; EOFError at its end."""
        async with within(deadline):
            return (await self._made.get())()

    def close(self) -> None:
        """Let nothing come any more, and wait for nothing."""
        self._closed = True
        if self._coming is not None:
            self._coming.cancel()
        self._put(end)

    def _put(self, made: Callable[[], B]) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(self._made.put_nowait, made)

    def _come(self) -> Iterator[A]:
        """The items, in the thread."""
        items = aiter(self._items) if isinstance(self._items, AsyncIterable) else iter(self._items)
        while not self._closed:
            self._coming = asyncio.run_coroutine_threadsafe(_take(items), self._loop)
            if self._closed:
                self._coming.cancel()
            try:
                taken = self._coming.result()
            except FutureCancelled:
                return
            if not taken:
                return
            yield taken[0]


async def _take(items: AsyncIterator[A] | Iterator[A]) -> list[A]:
    """The next item; none at the end."""
    if isinstance(items, AsyncIterator):
        async for item in items:
            return [item]
        return []
    return list(islice(items, 1))


def socket_timeout(deadline: Deadline) -> Any:
    """What sockets are given as a timeout: nothing, `within` ends them."""
    return None


def network_backend() -> Any:
    """The sockets of HTTP connections: the library's own."""
    return None


@overload
async def together(a: Callable[[], Awaitable[A]], b: Callable[[], Awaitable[B]], /) -> tuple[A, B]: ...
@overload
async def together(
    a: Callable[[], Awaitable[A]],
    b: Callable[[], Awaitable[B]],
    c: Callable[[], Awaitable[C]],
    d: Callable[[], Awaitable[D]],
    /,
) -> tuple[A, B, C, D]: ...
@overload
async def together(*calls: Callable[[], Awaitable[A]]) -> tuple[A, ...]: ...
async def together(*calls: Callable[[], Awaitable[Any]]) -> tuple[Any, ...]:
    """Make the calls at the same time, each in a task of its own.

    Every call is waited for, also when another one has failed: what it does at the server is never left half known.
    Cancelled, it cancels the calls and waits for them.

    Args:
        *calls: Functions without arguments that return an awaitable. Functions, so that threads can make them too.

    Returns:
        The results, in the order of the calls.

    Raises:
        BaseException: The error of the first call, in their order, that failed; its notes name the others.
    """

    async def make(call: Callable[[], Awaitable[A]]) -> A:
        return await call()

    tasks = [asyncio.ensure_future(make(call)) for call in calls]
    await asyncio.gather(*tasks, return_exceptions=True)
    raise_first(error for task in tasks if (error := _error(task)) is not None)
    return tuple(task.result() for task in tasks)


def _error(task: asyncio.Task[Any]) -> BaseException | None:
    return asyncio.CancelledError() if task.cancelled() else task.exception()
