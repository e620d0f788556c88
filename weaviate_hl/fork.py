"""What must happen around a fork of the process, for native gRPC and for connections in general.

A fork in the middle of a call leaves the child with gRPC's threads gone and its locks held. So calls pass a gate:
before a fork new ones wait, and those running get a few seconds to end; the child drops what it inherited and connects
anew. It needs no environment variable.
"""

from __future__ import annotations

import concurrent.futures.thread  # noqa: F401 - see below
import logging  # noqa: F401
import os
import threading
from threading import Condition

PATIENCE = 5.0
"""Seconds that a fork waits for running calls at most."""


class Gate:
    """Counts the calls that run, and stops new ones while the process forks."""

    __slots__ = ("_changed", "_closed", "_running")

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._changed = Condition()
        self._running = 0
        self._closed = False

    def __enter__(self) -> None:
        with self._changed:
            while self._closed:
                self._changed.wait()
            self._running += 1

    def __exit__(self, *exc: object) -> None:
        with self._changed:
            self._running -= 1
            if self._closed:
                self._changed.notify_all()

    def close(self) -> None:
        """Before a fork: let no call in, and wait for those that run."""
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: self._running == 0, PATIENCE)

    def open(self) -> None:
        """After it, in the parent."""
        with self._changed:
            self._closed = False
            self._changed.notify_all()

    def renew(self) -> None:
        """After it, in the child: the threads that held the lock are not here."""
        self._reset()


class Polling:
    """Whether grpc polls asynchronous channels here: in a thread of its own, which no child has and none can replace.

    Asynchronous calls hang or crash in the child of a process that has ever had such a channel, be it closed or not.
    """

    __slots__ = ("here", "in_parent")

    def __init__(self) -> None:
        self.here = False
        self.in_parent = False

    def look(self) -> None:
        """Before a fork: the channels may be those of another library."""
        self.here = self.here or any("_poll_wrapper" in thread.name for thread in threading.enumerate())

    def inherit(self) -> None:
        """This is a child now."""
        self.in_parent = self.here or self.in_parent


GATE = Gate()
POLLING = Polling()
if hasattr(os, "register_at_fork"):
    # What is registered last runs first. Both modules imported above take locks before a fork, which calls may need in
    # order to end: they must have been registered when the gate is.
    os.register_at_fork(before=GATE.close, after_in_parent=GATE.open, after_in_child=GATE.renew)
    os.register_at_fork(before=POLLING.look, after_in_child=POLLING.inherit)
