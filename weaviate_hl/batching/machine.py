"""The state of a batch: what is held back, in flight, settled or to be tried again, and what may be sent next.

A driver (aio/batch.py) adds items, takes parts, sends them, and tells what came of it. Nothing here waits or sends: the
moment is an argument, so that every sequence of events can be tried in a test.

Three rules keep the accounts and the order:

- An item is settled once: stored, failed or unknown.
- Of items with the same key the later goes out when the earlier is settled: the last write stays the last, and a reply
  that names a key means one item.
- A reference goes out when the objects that it joins, as far as they are in the batch, are settled.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from heapq import heappop, heappush
from itertools import count
from random import random
from typing import Literal, NamedTuple, TypeAlias

from weaviate_hl.batching.items import Item, ObjectItem, Outcome, ReferenceItem

Verdict: TypeAlias = Literal["refused", "later", "away", "unknown", "smaller"]
"""What a failure means: it will not change; it was not done and may be later; nobody was there to do it; it may have
been done; or it was too much at once."""

PART_BYTES = 4_000_000
HELD_BYTES = 12_000_000
HELD = 20_000
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
        self.closing = False
        self.error: BaseException | None = None
        self.stored: deque[ObjectItem] = deque(maxlen=KEPT)
        self.news: list[Item] = []  # failed since the driver looked
        self.quiet_until = 0.0  # nothing is sent before
        self._patience = patience
        self._part_bytes = part_bytes
        self._most_bytes = held_bytes
        self._most = held
        self._random = random
        self._lanes: dict[str, deque[ObjectItem]] = {}  # objects that may go
        self._references: deque[ReferenceItem] = deque()
        self._unsure: deque[ReferenceItem] = deque()
        self._later: list[tuple[float, int, Item]] = []  # to be tried again, by when
        self._number = count()
        self._freed: deque[Item] = deque()
        self._last: dict[str, Item] = {}  # the latest unsettled item of each key
        self._held = self._held_bytes = self._queued = self._queued_bytes = 0
        self._oldest: float | None = None  # since when something waits for others
        self._away_since: float | None = None
        self._strikes = 0
        self._generation = 0
        self._open = {0: 0}  # unsettled items by the flush that they precede
        self._submitted = {ObjectItem: 0, ReferenceItem: 0}
        self._counts: dict[tuple[type[Item], Outcome], int] = {}

    # Adding

    @property
    def full(self) -> bool:
        """Whether nothing may be added now."""
        return self._held_bytes >= self._most_bytes or self._held >= self._most

    @property
    def submitted(self) -> int:
        """How many objects were added."""
        return self._submitted[ObjectItem]

    @property
    def held(self) -> int:
        """How many items are not settled."""
        return self._held

    def add(self, item: Item, now: float) -> bool:
        """Add an item; whether the driver should look for a part."""
        kind = ObjectItem if isinstance(item, ObjectItem) else ReferenceItem
        item.index = self._submitted[kind]
        self._submitted[kind] += 1
        if not self._held:
            self._away_since = None  # nobody has asked for the server since
        self._held += 1
        self._held_bytes += item.size
        item.generation = self._generation
        self._open[self._generation] += 1
        if kind is ObjectItem or self.mode.by_key:
            earlier = self._last.get(item.key)
            self._last[item.key] = item
            if earlier is not None:
                _wait(item, earlier)
                return self.full
        return self._release(item, now)

    def _release(self, item: Item, now: float) -> bool:
        """Let an item go that waits for no other of its key."""
        if isinstance(item, ReferenceItem):
            if (earlier := self._joined(item)) is not None:
                _wait(item, earlier)
                return False
            self._references.append(item)
        else:
            assert isinstance(item, ObjectItem)  # noqa: S101 - there are two kinds
            lane = item.collection if self.mode.by_key else ""
            queue = self._lanes.get(lane)
            if queue is None:
                queue = self._lanes[lane] = deque()
            queue.append(item)
            self._queued_bytes += item.size
        self._queued += 1
        if self._oldest is None:
            self._oldest = now
            return True
        return not self._queued % self.size or self._queued_bytes >= self._part_bytes or self.full

    def _joined(self, item: ReferenceItem) -> Item | None:
        """An object that a reference must wait for."""
        return self._last.get(item.from_uuid) or self._last.get(item.to_uuid)

    # Taking

    def take(self, now: float) -> Part | None:
        """What is to be sent now, if anything."""
        self._wake(now)
        if now < self.quiet_until or self.error is not None:
            return None
        part = self._take_objects(now) or self._take_references(now)
        self._oldest = (now if part else self._oldest) if self._queued else None
        return part

    def _wake(self, now: float) -> None:
        while self._later and self._later[0][0] <= now:
            item = heappop(self._later)[2]
            if item.unsure and isinstance(item, ReferenceItem):
                self._unsure.append(item)
            else:
                self._release(item, now)
                self._oldest = now - (self.mode.linger or 0.0)

    def wait(self, now: float) -> float | None:
        """After how many seconds `take` may give something by the time alone; None: never."""
        moments = [self._later[0][0]] if self._later else []
        if self._oldest is not None and self.mode.linger is not None:
            moments.append(max(self._oldest + self.mode.linger, self.quiet_until))
        elif self.quiet_until > now:
            moments.append(self.quiet_until)
        return max(0.0, min(moments) - now) if moments else None

    def calls(self, now: float) -> bool | None:
        """Whether there is a reason to open a stream; None if not now."""
        return (self._held > 0 and now >= self.quiet_until) or None

    def _urgent(self, now: float) -> bool:
        """Whether items go without waiting for more."""
        if self.closing or (self._generation and self._open_before()) or self.full:
            return True
        linger = self.mode.linger
        return linger is not None and self._oldest is not None and now >= self._oldest + linger

    def _take_objects(self, now: float) -> Part | None:
        if not self._lanes:
            return None
        lane, queue = max(self._lanes.items(), key=lambda pair: len(pair[1]))
        if len(queue) < self.size and self._queued_bytes < self._part_bytes and not self._urgent(now):
            return None
        items: list[ObjectItem] = []
        size = 0
        while queue and len(items) < self.size and (not items or size + queue[0].size <= self._part_bytes):
            item = queue.popleft()
            size += item.size
            items.append(item)
        if not queue:
            del self._lanes[lane]
        self._queued -= len(items)
        self._queued_bytes -= size
        if self.mode.per_minute is not None:
            self.quiet_until = now + len(items) * 60 / self.mode.per_minute
        return Part("objects", items)

    def _take_references(self, now: float) -> Part | None:
        if not self._references or (len(self._references) < self.size and not self._urgent(now)):
            return None
        items: list[ReferenceItem] = []
        while self._references and len(items) < self.size:
            item = self._references.popleft()
            self._queued -= 1
            if (earlier := self._joined(item)) is None:
                items.append(item)
            else:  # its object was added after it
                _wait(item, earlier)
        return Part("references", items) if items else None

    def take_unsure(self, now: float) -> ReferenceItem | None:
        """A reference of unknown outcome: whether the server has it must be seen before it may be sent again."""
        self._wake(now)
        return self._unsure.popleft() if self._unsure and now >= self.quiet_until else None

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
        for position, item in enumerate(part.items):
            if position in errors:
                self.refuse(item, errors[position], now)
            else:
                self.settle(item, "stored", now)

    def heard(self) -> None:
        """The server is there."""
        self._away_since = None
        self._strikes = 0

    def refuse(self, item: Item, reason: str, now: float) -> None:
        """The server has answered that it did not store an item."""
        from weaviate_hl.batching.verdicts import may_pass

        item.unsure = False
        if may_pass(reason):
            self._try_again(item, reason, now, now + self._pause(item, now))
        else:
            self.settle(item, "failed", now, reason)

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
                self.settle(item, "failed", now, reason)
            return
        if verdict == "smaller":
            self.size = max(1, len(items) // 2)
            due = now
        else:
            self._strikes += 1
            due = now + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self._strikes, 10)) * (0.5 + self._random() / 2)
            self.quiet_until = max(self.quiet_until, due)
            if verdict != "later" and self._held:
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
            self.settle(item, "stored", now)
        elif not self._give_up(item, item.reason, now):
            self._release(item, now)

    def settle(self, item: Item, outcome: Outcome, now: float, reason: str = "", retryable: bool = False) -> None:
        """The last word on an item."""
        self._close(item, outcome, reason, retryable)
        while self._freed:  # those that have waited for it; of a stopped batch also those that wait for them
            freed = self._freed.popleft()
            if self.error is None:
                self._release(freed, now)
            else:
                self._abandon(freed)

    def _close(self, item: Item, outcome: Outcome, reason: str = "", retryable: bool = False) -> None:
        if item.outcome is not None:  # an answer after all, to what an interrupted batch has given up
            return
        item.outcome = outcome
        kind = ObjectItem if isinstance(item, ObjectItem) else ReferenceItem
        self._counts[kind, outcome] = self._counts.get((kind, outcome), 0) + 1
        self._held -= 1
        self._held_bytes -= item.size
        self._open[item.generation] -= 1
        if self._last.get(item.key) is item:
            del self._last[item.key]
        if outcome != "stored":
            item.reason, item.retryable = reason, retryable
            self.news.append(item)
        elif kind is ObjectItem:
            item.data = b""  # type: ignore[attr-defined]
            self.stored.append(item)  # type: ignore[arg-type]
        if item.waiting is not None:
            self._freed.extend(item.waiting)
            item.waiting = None

    def _try_again(self, item: Item, reason: str, now: float, due: float) -> None:
        item.reason = reason
        if item.since is None:
            item.since = now
        if not self._give_up(item, reason, now):
            heappush(self._later, (due, next(self._number), item))

    def _give_up(self, item: Item, reason: str, now: float) -> bool:
        if self.error is None and item.since is not None and now - item.since < self._patience:
            return False
        self.settle(item, "unknown" if item.unsure else "failed", now, reason, retryable=True)
        return True

    def _pause(self, item: Item, now: float) -> float:
        """Twice as long each time: as long as has gone by since the first."""
        return FIRST_PAUSE + min(LONGEST_PAUSE, 0.0 if item.since is None else now - item.since)

    # Its end

    def flush(self) -> int:
        """Let everything go that was added so far; what to ask `flushed` with."""
        if self._open[self._generation]:
            self._generation += 1
            self._open[self._generation] = 0
        return self._generation - 1

    def flushed(self, generation: int) -> bool:
        """Whether everything is settled that was added before a flush."""
        return not self._open_before(generation)

    def _open_before(self, last: int | None = None) -> int:
        """How many items are unsettled that were added before a flush."""
        last = self._generation - 1 if last is None else last
        for generation in list(self._open):
            if generation != self._generation and not self._open[generation]:
                del self._open[generation]
        return sum(number for generation, number in self._open.items() if generation <= last)

    def close(self) -> None:
        """Nothing more will be added."""
        self.closing = True

    @property
    def finished(self) -> bool:
        """Whether there is nothing more to do."""
        return (self.closing or self.error is not None) and not self._held

    def stop(self, error: BaseException) -> None:
        """End it: what is not in flight is settled now, what is, when it comes back."""
        if self.error is not None:
            return
        self.error = error
        queued = [item for queue in self._lanes.values() for item in queue]
        later = [item for _, _, item in self._later]
        self._freed.extend((*queued, *self._references, *self._unsure, *later))
        while self._freed:
            self._abandon(self._freed.popleft())
        self._lanes.clear()
        self._references.clear()
        self._unsure.clear()
        self._later.clear()
        self._queued = self._queued_bytes = 0
        self._oldest = None

    def _abandon(self, item: Item) -> None:
        """Settle an item that will not be sent any more."""
        self._close(
            item, "unknown" if item.unsure else "failed", f"the batch was stopped: {self.error}", retryable=True
        )

    # Accounts

    def counts(self, kind: type[Item]) -> Counts:
        """The accounts of the objects (`ObjectItem`) or of the references (`ReferenceItem`)."""
        stored, failed, unknown = (self._counts.get((kind, one), 0) for one in ("stored", "failed", "unknown"))
        return Counts(self._submitted[kind], stored, failed, unknown)


def _wait(item: Item, earlier: Item) -> None:
    if earlier.waiting is None:
        earlier.waiting = []
    earlier.waiting.append(item)


def fitting(size: int, seconds: float) -> int:
    """The size of the next part, so that a request takes about a second at most."""
    if seconds < 0.5:
        return min(size * 2, 2000)
    return max(size // 2, 50) if seconds > 2 else size
