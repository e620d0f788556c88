"""The state of a batch: what is held back, in flight, settled or to be tried again, and what may be sent next.

A driver (aio/batch_run.py) adds items, takes parts, sends them, and tells what came of it. Nothing here waits or sends:
the moment is an argument, so that every sequence of events can be tried in a test.

Three rules keep the accounts and the order:

- An item is settled once: stored, failed or unknown.
- Of items with the same key the later goes out when the earlier is settled: the last write stays the last, and a reply
  that names a key means one item.
- A reference goes out when the objects that it joins, as far as they are in the batch, are settled.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import heappop, heappush
from itertools import count
from math import inf
from random import random
from typing import Literal, NamedTuple, cast

from weaviate_hl.batching.items import Item, ObjectItem, Outcome, ReferenceItem, Verdict
from weaviate_hl.batching.verdicts import may_pass

PART_BYTES = 2_000_000
HELD_BYTES = 12_000_000
HELD = 10_000  # not more: what is held goes through the garbage collector, again and again
KEPT = 100_000
"""Of what is stored the last so many are remembered; of what failed at most so many are."""
KEPT_BYTES = 64_000_000
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0


class Counts(NamedTuple):
    """What became of the items of a batch so far; those that are none of the three are still under way."""

    submitted: int
    stored: int
    failed: int
    unknown: int

    @property
    def pending(self) -> int:
        """How many are still under way."""
        return self.submitted - self.stored - self.failed - self.unknown


class Mode:
    """How parts are made.

    Args:
        size: The items of a part.
        linger: How many seconds an item waits for others; None: until the part is full, or must go.
        adaptive: Whether the size follows the time that the server takes.
        per_minute: The most objects in a minute.
        by_key: Whether replies name items by their keys, and messages hold objects of one collection.
    """

    __slots__ = ("adaptive", "by_key", "linger", "per_minute", "size")

    def __init__(
        self,
        size: int,
        *,
        linger: float | None = 0.1,
        adaptive: bool = False,
        per_minute: int | None = None,
        by_key: bool = False,
    ) -> None:
        self.size = size
        self.linger = linger
        self.adaptive = adaptive
        self.per_minute = per_minute
        self.by_key = by_key


class Lane:
    """Items that may go out together, in their order.

    Attributes:
        items: The items.
        size: Their bytes.
        due: From when on they go without waiting for more; None: nobody has looked yet.
    """

    __slots__ = ("due", "items", "size")

    def __init__(self) -> None:
        self.items: deque[Item] = deque()
        self.size = 0
        self.due: float | None = None


class Part(NamedTuple):
    """Items to be sent in one request."""

    kind: Literal["objects", "references"]
    items: Sequence[Item]


class Machine:
    """The state of one batch. Not thread-safe: its driver holds a lock.

    Args:
        mode: How parts are made.
        patience: For how many seconds an item is tried again, and a server that is away is waited for.
        part_bytes: The size of a part, exceeded only by a single object.
        held_bytes: From how many bytes of unsettled items on nothing may be added.
        held: From how many unsettled items on nothing may be added.
        random: A number from 0 to 1, to spread pauses.
    """

    def __init__(
        self,
        mode: Mode,
        *,
        patience: float = 60.0,
        part_bytes: int = PART_BYTES,
        held_bytes: int = HELD_BYTES,
        held: int = HELD,
        random: Callable[[], float] = random,
    ) -> None:
        self.mode = mode
        self.size = mode.size
        self._by_key = mode.by_key
        self.blocked = False  # nothing may be added now
        self.closing = False
        self.error: BaseException | None = None
        self.held = 0  # items that are not settled
        self.submitted: dict[type[Item], int] = {ObjectItem: 0, ReferenceItem: 0}
        self._stored_ids: deque[str] = deque(maxlen=KEPT)  # two plain ones: nothing for the garbage collector to follow
        self._stored_places: deque[int] = deque(maxlen=KEPT)
        self.news: list[Item] = []  # failed since the driver looked
        self.listeners = 0  # who is being told of failures, and may add something again
        self.noted: list[Item] | None = None  # objects stored since the driver looked, if it wants to know
        self.quiet_until = 0.0  # nothing is sent before
        self._patience = patience
        self._part_bytes = part_bytes
        self._most_bytes = held_bytes
        self._most = held
        self._random = random
        self._lanes: dict[str | None, Lane] = {}  # what may go; the one that went last is the last; None: references
        self._unsure: deque[ReferenceItem] = deque()
        self._later: list[tuple[float, int, Item]] = []  # to be tried again, by when
        self._number = count()
        self._freed: deque[Item] = deque()
        self._last: dict[str, Item] = {}  # the latest unsettled item of each key
        self._held_bytes = 0
        self._away_since: float | None = None
        self._strikes = 0
        self._generation = 0
        self._open: dict[int, int] = {}  # unsettled items by the flush that they preceded
        self._stored: dict[type[Item], int] = {ObjectItem: 0, ReferenceItem: 0}
        self._lost: dict[tuple[type[Item], Outcome], int] = {}

    # Adding

    def add(self, item: Item) -> bool:
        """Add an item; whether the driver should look for a part."""
        if not self.held:
            self._away_since = None  # nobody has asked for the server since
        kind = type(item)
        # From here to the end of the counting nothing is called: a signal interrupts before it, or after.
        item.index = self.submitted[kind]
        item.generation = self._generation
        self.submitted[kind] += 1
        self.held += 1
        self._held_bytes += item.size
        if self._held_bytes >= self._most_bytes or self.held >= self._most:
            self.blocked = True
        if kind is ObjectItem or self._by_key:
            earlier = self._last.setdefault(item.key, item)
            if earlier is not item:
                _wait(item, earlier)
                self._last[item.key] = item
                return self.blocked
        return self._release(item)

    def interrupted(self, item: Item) -> None:
        """A signal has ended `add`, nobody knows where: what is counted, and neither may go nor waits, fails."""
        if not hasattr(item, "generation"):
            return
        earlier = self._last.get(item.key)
        if earlier is not None and earlier is not item and item in (earlier.waiting or ()):
            self._last[item.key] = item
            return
        joined = self._joined(item) if isinstance(item, ReferenceItem) else None
        waits = joined is not None and item in (joined.waiting or ())
        if not waits and not any(item in lane.items for lane in self._lanes.values()):
            self._lose(item, "adding it was interrupted", retryable=True)

    def _release(self, item: Item) -> bool:
        """Let an item go that waits for no other of its key."""
        name: str | None
        if type(item) is ObjectItem:
            name = item.collection if self._by_key else ""
        else:
            if (earlier := self._joined(cast(ReferenceItem, item))) is not None:
                _wait(item, earlier)
                return False
            name = None
        lane = self._lanes.get(name)
        if lane is None:
            lane = Lane()
        lane.items.append(item)
        lane.size += item.size
        self._lanes[name] = lane  # only now: a lane is never empty, even if a signal comes between
        count = len(lane.items)
        full = not count % self.size or lane.size % self._part_bytes < item.size  # one part more
        return full or count == 1 or self.blocked

    def _joined(self, item: ReferenceItem) -> Item | None:
        """An object that a reference must wait for."""
        return self._last.get(item.from_uuid) or self._last.get(item.to_uuid)

    # Taking

    def take(self, now: float) -> Part | None:
        """What is to be sent now, if anything."""
        self._wake(now)
        if now < self.quiet_until or self.error is not None:
            return None
        must = self.closing or self.blocked or any(self._open.values())
        for name, lane in [*self._lanes.items()]:
            if lane.due is None:
                lane.due = self._due(now)
            full = len(lane.items) >= self.size or lane.size >= self._part_bytes
            if (full or must or now >= lane.due) and (part := self._take_from(name, lane, now)):
                return part
        return None

    def _due(self, now: float) -> float:
        """From when on what begins to wait now goes without waiting for more."""
        return inf if self.mode.linger is None else now + self.mode.linger

    def _wake(self, now: float) -> None:
        while self._later and self._later[0][0] <= now:
            item = heappop(self._later)[2]
            if item.unsure and isinstance(item, ReferenceItem):
                self._unsure.append(item)
            else:
                self._release(item)
                for lane in self._lanes.values():
                    if lane.items[-1] is item:
                        lane.due = now

    def wait(self, now: float) -> float | None:
        """After how many seconds `take` may give something by the time alone; None: never."""
        moments = [self._later[0][0]] if self._later else []
        for lane in self._lanes.values():
            if lane.due is None:
                lane.due = self._due(now)
            if lane.due < inf:
                moments.append(max(lane.due, self.quiet_until))
        if self.quiet_until > now:
            moments.append(self.quiet_until)
        return max(0.0, min(moments) - now) if moments else None

    def calls(self, now: float) -> bool | None:
        """Whether there is a reason to open a stream; None if not now."""
        return (self.held > 0 and now >= self.quiet_until) or None

    def _take_from(self, name: str | None, lane: Lane, now: float) -> Part | None:
        """A part of what is in a lane, which is the last then: nothing keeps others from going."""
        queue = lane.items
        items: list[Item] = []
        size = 0
        while queue and len(items) < self.size and (not items or size + queue[0].size <= self._part_bytes):
            item = queue.popleft()
            lane.size -= item.size
            if name is None and (earlier := self._joined(cast(ReferenceItem, item))) is not None:
                _wait(item, earlier)  # its object was added after it
                continue
            size += item.size
            items.append(item)
        del self._lanes[name]
        if queue:
            lane.due = self._due(now)
            self._lanes[name] = lane
        if name is None:
            return Part("references", items) if items else None
        if self.mode.per_minute is not None:
            self.quiet_until = now + len(items) * 60 / self.mode.per_minute
        return Part("objects", items)

    def take_unsure(self, now: float) -> ReferenceItem | None:
        """A reference of unknown outcome: whether the server has it must be seen before it may be sent again."""
        self._wake(now)
        return self._unsure.popleft() if self._unsure and now >= self.quiet_until else None

    def wait_unsure(self, now: float) -> float | None:
        """After how many seconds `take_unsure` may give something by the time alone; None: never."""
        if self._unsure:
            return max(0.0, self.quiet_until - now)
        return max(0.0, self._later[0][0] - now) if self._later else None

    # What became of it

    def done(self, part: Part, errors: Mapping[int, str], now: float, seconds: float = 0.0) -> None:
        """The server has answered for a part.

        Args:
            part: The part.
            errors: Why items failed, by their position.
            now: The moment.
            seconds: How long it took.
        """
        self.heard()
        if self.mode.adaptive and len(part.items) >= self.size // 2:
            self.size = fitting(self.size, seconds)
        for position, item in enumerate(part.items if errors else ()):
            if position in errors:
                self.refuse(item, errors[position], now)
        self.store([item for position, item in enumerate(part.items) if position not in errors])

    def heard(self) -> None:
        """The server is there."""
        self._away_since = None
        self._strikes = 0

    def refuse(self, item: Item, reason: str, now: float) -> None:
        """The server has answered that it did not store an item."""
        if may_pass(reason):
            self._try_again(item, reason, now, now + self._pause(item, now))
        else:
            self._fail(item, reason)

    def failed(self, items: Sequence[Item], verdict: Verdict, reason: str, now: float) -> None:
        """Items that were sent together, or were to be, got no answer of their own.

        Args:
            items: The items.
            verdict: What the failure means.
            reason: The failure in words.
            now: The moment.
        """
        if verdict == "refused" or (verdict == "smaller" and len(items) == 1):
            for item in items:
                self._fail(item, reason)
            return
        if verdict == "smaller":
            self.size = max(1, len(items) // 2)
            due = now
        else:
            self._strikes += 1
            due = now + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._strikes, 10)) * (0.5 + self._random() / 2)
            self.quiet_until = max(self.quiet_until, due)
            if verdict != "later" and self.held:
                self._away_since = now if self._away_since is None else self._away_since
        for item in items:
            item.unsure = item.unsure or verdict == "unknown"
            self._try_again(item, reason, now, due)
        if self._away_since is not None and now - self._away_since >= self._patience:
            self.stop(ConnectionError(f"the server has not answered for {self._patience:g} s: {reason}"))

    def rest(self, seconds: float, now: float) -> None:
        """Send nothing for some time: the server has asked for it."""
        self.quiet_until = max(self.quiet_until, now + seconds)

    def checked(self, item: ReferenceItem, present: bool, now: float) -> None:
        """Whether the server has a reference of unknown outcome; if not, it is sent again."""
        item.unsure = False
        if present:
            self.store([item])
        elif not self._give_up(item, item.reason, now):
            self._release(item)

    def store(self, items: Iterable[Item]) -> None:
        """The server has stored items."""
        for item in items:
            if item.outcome is not None:
                continue
            item.outcome = "stored"
            kind = type(item)
            self._stored[kind] += 1
            if kind is ObjectItem:
                item.data = b""  # type: ignore[attr-defined]
                self._stored_ids.append(item.uuid)  # type: ignore[attr-defined]
                self._stored_places.append(item.index)
                if self.noted is not None:
                    self.noted.append(item)
            self._close(item)
        self._free()

    def _fail(self, item: Item, reason: str, retryable: bool = False) -> None:
        """The last word on an item that was not stored, or may have been."""
        self._lose(item, reason, retryable)
        self._free()

    def _lose(self, item: Item, reason: str, retryable: bool) -> None:
        if item.outcome is not None:  # given up before, when the batch was interrupted
            return
        item.outcome = "unknown" if item.unsure else "failed"
        item.reason, item.retryable = reason, retryable
        which = (type(item), item.outcome)
        self._lost[which] = self._lost.get(which, 0) + 1
        self.news.append(item)
        self._close(item)

    def _close(self, item: Item) -> None:
        """An item is settled: it is held no more, and holds nobody up."""
        self.held -= 1
        self._held_bytes -= item.size
        if self.blocked:
            self.blocked = self._may_not_be_added()
        if item.generation != self._generation:
            self._open[item.generation] -= 1
        latest = self._last.pop(item.key, item)
        if latest is not item:
            self._last[item.key] = latest
        if item.waiting is not None:
            self._freed.extend(item.waiting)
            item.waiting = None

    def _may_not_be_added(self) -> bool:
        full = self._held_bytes >= self._most_bytes or self.held >= self._most
        return full or self.closing or self.error is not None

    def _free(self) -> None:
        """See to those that have waited for one that is settled; when all is over, to those that wait for them too."""
        while self._freed:
            item = self._freed.popleft()
            if item.outcome is not None:  # adding it was interrupted
                continue
            if self.error is None:
                self._release(item)
            else:
                self._lose(item, f"the batch was stopped: {said(self.error)}", retryable=True)

    def _try_again(self, item: Item, reason: str, now: float, due: float) -> None:
        if item.outcome is not None:  # settled, and its reason with it
            return
        item.reason = reason
        if item.since is None:
            item.since = now
        if not self._give_up(item, reason, now):
            heappush(self._later, (due, next(self._number), item))

    def _give_up(self, item: Item, reason: str, now: float) -> bool:
        if self.error is None and item.since is not None and now - item.since < self._patience:
            return False
        self._fail(item, reason, retryable=True)
        return True

    def _pause(self, item: Item, now: float) -> float:
        """Twice as long each time: as long as has gone by since the first."""
        return FIRST_PAUSE + min(LONGEST_PAUSE, 0.0 if item.since is None else now - item.since)

    # Its end

    def flush(self) -> int:
        """Let everything go that was added so far; what to ask `flushed` with."""
        self._open = {generation: number for generation, number in self._open.items() if number}
        if unsettled := self.held - sum(self._open.values()):
            self._open[self._generation] = unsettled
            self._generation += 1
        return self._generation - 1

    def flushed(self, generation: int) -> bool:
        """Whether everything is settled that was added before a flush."""
        return not any(number for one, number in self._open.items() if one <= generation)

    def close(self) -> None:
        """Nothing more will be added."""
        self.closing = self.blocked = True

    @property
    def finished(self) -> bool:
        """Whether there is nothing more to do."""
        return (self.closing or self.error is not None) and not self.held and not self.listeners

    def stop(self, error: BaseException) -> None:
        """End it: what is not in flight is settled now, what is, when it comes back."""
        if self.error is not None:
            return
        self.error = error
        self.blocked = True
        queued = [item for lane in self._lanes.values() for item in lane.items]
        later = [item for _, _, item in self._later]
        self._freed.extend((*queued, *self._unsure, *later))
        self._lanes.clear()
        self._unsure.clear()
        self._later.clear()
        self._free()

    # Accounts

    def stored(self) -> dict[int, str]:
        """The ids of the objects that were stored last, by place."""
        return dict(sorted(zip(self._stored_places, self._stored_ids, strict=True)))

    def counts(self, kind: type[Item]) -> Counts:
        """The accounts of the objects (`ObjectItem`) or of the references (`ReferenceItem`)."""
        failed, unknown = self._lost.get((kind, "failed"), 0), self._lost.get((kind, "unknown"), 0)
        return Counts(self.submitted[kind], self._stored[kind], failed, unknown)


def _wait(item: Item, earlier: Item) -> None:
    if earlier.waiting is None:
        earlier.waiting = []
    earlier.waiting.append(item)


def by_place(part: Part) -> list[Part]:
    """The parts of a part that go to one collection and tenant each."""
    places: dict[tuple[str, str | None], list[Item]] = {}
    for item in part.items:
        places.setdefault((item.collection, item.tenant), []).append(item)
    return [Part(part.kind, items) for items in places.values()]


def said(error: BaseException | None) -> str:
    """An error in words; some have none but their name."""
    return str(error) or type(error).__name__


def fitting(size: int, seconds: float) -> int:
    """The size of the next part, so that a request takes about a second at most."""
    if seconds < 0.5:
        return min(size * 2, 2000)
    return max(size // 2, 50) if seconds > 2 else size
