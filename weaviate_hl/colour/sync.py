"""The synchronous colour: threads. colour/aio.py has the same names for tasks of asyncio."""

from __future__ import annotations

import os
import time
import weakref
from _thread import LockType
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import Context, copy_context
from functools import partial
from itertools import takewhile
from queue import Empty, SimpleQueue
from threading import Condition, Event, Lock, Thread, current_thread
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

ASYNC: Final[Literal[False]] = False
_NOTHING = nullcontext()


def within(deadline: Deadline) -> AbstractContextManager[None]:
    """Nothing: a thread cannot be interrupted, so its sockets keep the deadline (colour/sockets.py)."""
    return _NOTHING


def sleep(delay: float) -> None:
    """Wait for some seconds. As in asyncio, a delay below zero is none."""
    time.sleep(max(0, delay))


@contextmanager
def locked(lock: LockType, deadline: Deadline) -> Generator[None, None, None]:
    """Holds a lock, which must be had before the deadline."""
    left = deadline.remaining()
    if not lock.acquire(timeout=-1 if left is None else left):
        raise TimeoutError
    try:
        yield
    finally:
        lock.release()


Guard = Lock
"""What only one thread at a time may do."""

Bell = Condition
"""Wakes those who wait for a change of what a guard protects. To wait or to ring, hold the guard."""


class Strand:
    """Something that goes on beside the rest: a thread, in the caller's context, that keeps no program from ending."""

    def __init__(self, call: Callable[[], None]) -> None:
        self._thread = Thread(target=copy_context().run, args=(call,), name="weaviate_hl", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait until it has ended."""
        self._thread.join()

    def is_current(self) -> bool:
        """Whether this runs in it."""
        return current_thread() is self._thread

    def cancel(self) -> None:
        """Nothing: a thread cannot be interrupted."""


def cancellations_of_task() -> int:
    """Always 0: a thread cannot be cancelled."""
    return 0


class Calls:
    """The calls that are under way: a thread cannot be interrupted, but its pauses can, and its sockets.

    Attributes:
        slots: As many as there are threads.
    """

    def __init__(self) -> None:
        self.slots = _NOTHING
        self._ended = Event()

    def queue(self) -> None:
        """Nothing: threads take turns by themselves."""

    def scope(self) -> AbstractContextManager[None]:
        """Nothing: see `Backend.close` (colour/sockets.py)."""
        return _NOTHING

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than until calls are ended."""
        self._ended.wait(seconds)

    def end(self) -> None:
        """End all pauses."""
        self._ended.set()


class Kept:
    """Things that are closed together: by `close`, else when their owner is gone, else when the interpreter ends."""

    def __init__(self, owner: object, things: list[Any]) -> None:
        self.close = weakref.finalize(owner, _close, os.getpid(), things)

    def begin(self) -> None:
        """They are kept already."""


def _close(process: int, things: list[Any]) -> None:
    if os.getpid() == process:
        for thing in things:
            thing.close()


def in_loop(loop: None, call: Callable[[], None]) -> None:
    """Make a call: here."""
    call()


def in_thread(call: Callable[[], A]) -> A:
    """Make a call that blocks: here."""
    return call()


class Worker:
    """Makes calls in the thread that asks."""

    def run(self, call: Callable[[], A]) -> A:
        """Make a call."""
        return call()

    def close(self) -> None:
        """Nothing: there is no thread."""


class Exchange(Generic[A, B]):
    """Work in a thread of its own, which takes what comes from here and makes what goes back, one by one.

    Args:
        work: From an iterator of what comes to an iterator of what goes back.
        items: What comes.
    """

    def __init__(self, work: Callable[[Iterator[A]], Iterator[B]], items: Iterable[A]) -> None:
        self._made: SimpleQueue[Callable[[], B]] = SimpleQueue()
        self._closed = False
        come = takewhile(lambda _: not self._closed, items)
        Thread(target=make_all, args=(work, come, self._made.put), name="weaviate_hl", daemon=True).start()

    def next(self, deadline: Deadline) -> B:
        """What was made next, or the error of the work; EOFError at its end."""
        try:
            return self._made.get(timeout=deadline.remaining())()
        except Empty:
            raise TimeoutError from None

    def close(self) -> None:
        """Let nothing come any more, and wait for nothing."""
        self._closed = True
        self._made.put(end)


def socket_timeout(deadline: Deadline) -> Any:
    """What sockets are given as a timeout: the deadline, which those of `network_backend` understand."""
    return deadline


def network_backend() -> Any:
    """The sockets of HTTP connections: ours, which keep a deadline."""
    from weaviate_hl.colour.sockets import Backend

    return Backend()


@overload
def together(a: Callable[[], A], b: Callable[[], B], /) -> tuple[A, B]: ...
@overload
def together(
    a: Callable[[], A], b: Callable[[], B], c: Callable[[], C], d: Callable[[], D], /
) -> tuple[A, B, C, D]: ...
@overload
def together(*calls: Callable[[], A]) -> tuple[A, ...]: ...
def together(*calls: Callable[[], Any]) -> tuple[Any, ...]:
    """Make the calls at the same time: the first in the calling thread, each other one in a thread of its own.

    Every call is waited for, also when another one has failed: what it does at the server is never left half known.
    Each sees the caller's context variables and sets its own, as tasks do.

    Args:
        *calls: Functions without arguments.

    Returns:
        The results, in the order of the calls.

    Raises:
        BaseException: The error of the first call, in their order, that failed; its notes name the others.
    """
    results: list[Any] = [None] * len(calls)
    errors: list[BaseException | None] = [None] * len(calls)

    def make(index: int, call: Callable[[], Any], context: Context) -> None:
        try:
            results[index] = context.run(call)
        except BaseException as error:
            errors[index] = error

    todo = [partial(make, index, call, copy_context()) for index, call in enumerate(calls)]
    in_turn, threads = todo[:1], []
    for step in todo[1:]:
        thread = Thread(target=step)
        try:
            thread.start()
        except RuntimeError:  # no more threads to be had, as when the interpreter is ending
            in_turn.append(step)
        else:
            threads.append(thread)
    for step in in_turn:
        step()
    for thread in threads:
        thread.join()
    raise_first(error for error in errors if error is not None)
    return tuple(results)
