"""The state of a batch, over random sequences of events: the accounts are exact, nothing goes out at a wrong time."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from weaviate_gen.grpc.v1.batch_pb2 import BatchStreamReply, BatchStreamRequest

from weaviate_hl import errors
from weaviate_hl.batching import machine as machine_module
from weaviate_hl.batching.items import Item, ObjectItem, ReferenceItem, Verdict
from weaviate_hl.batching.machine import Machine, Mode, Part, fitting
from weaviate_hl.batching.stream import Talk
from weaviate_hl.batching.verdicts import may_pass, verdict_of

IDS = [f"00000000-0000-0000-0000-{number:012}" for number in range(6)]
VERDICTS: list[Verdict] = ["refused", "later", "away", "unknown", "smaller"]
MOST = 400
REASONS = ["no such property", "connection to: API failed with status: 429"]


class Server:
    """What a server would have: applies what it is given, and looks at the order."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str | None, str], int] = {}
        self.references: Counter[tuple[str, str, str]] = Counter()
        self.applied: set[int] = set()

    def apply(self, item: Item) -> None:
        self.applied.add(id(item))
        if isinstance(item, ObjectItem):
            place = (item.collection, item.tenant, item.key)
            assert item.index >= self.objects.get(place, -1), "an older write came after a newer one"
            self.objects[place] = item.index
        else:
            assert isinstance(item, ReferenceItem)
            self.references[link(item)] += 1


def link(item: ReferenceItem) -> tuple[str, str, str]:
    return item.from_uuid, item.name, item.to_uuid


class Watched(Machine):
    """A machine that counts how often each item is settled."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.settled: Counter[int] = Counter()

    def _close(self, item: Item) -> None:
        self.settled[id(item)] += 1
        super()._close(item)


class Events(RuleBasedStateMachine):
    """Any sequence of what can happen to a batch; at the end everything is settled."""

    @initialize(
        mode=st.builds(
            Mode,
            st.integers(1, 5),
            linger=st.sampled_from([None, 0.1]),
            adaptive=st.booleans(),
            per_minute=st.sampled_from([None, 600]),
            by_key=st.booleans(),
        )
    )
    def begin(self, mode: Mode) -> None:
        self.machine = Watched(mode, patience=5, part_bytes=100, held_bytes=MOST, held=12, random=lambda: 0.5)
        self.server = Server()
        self.now = 100.0
        self.items: list[Item] = []
        self.flying: list[Part] = []
        self.looking: list[ReferenceItem] = []
        self.flushes: list[tuple[int, int]] = []
        self.sent_references: Counter[tuple[str, str, str]] = Counter()

    def _add(self, item: Item) -> None:
        self.machine.add(item)
        self.items.append(item)

    @precondition(lambda self: self._open())
    @rule(
        uuid=st.sampled_from(IDS),
        collection=st.sampled_from("AB"),
        tenant=st.sampled_from([None, "t"]),
        size=st.integers(1, 150),
    )
    def add_object(self, uuid: str, collection: str, tenant: str | None, size: int) -> None:
        self._add(ObjectItem(uuid, b"x" * size, collection, tenant))

    @precondition(lambda self: self._open())
    @rule(uuid=st.sampled_from(IDS), to=st.sampled_from(IDS), name=st.sampled_from("pq"))
    def add_reference(self, uuid: str, to: str, name: str) -> None:
        item = ReferenceItem("A", uuid, name, to)
        if link(item) not in {link(one) for one in self.items if isinstance(one, ReferenceItem)}:
            self._add(item)

    @precondition(lambda self: self._open())
    @rule(uuid=st.sampled_from(IDS), by=st.sampled_from(["_release", "_wait"]), before=st.booleans())
    def a_signal_interrupts_adding(self, uuid: str, by: str, before: bool) -> None:
        where: Any = self.machine if by == "_release" else machine_module
        original = getattr(where, by)

        def interrupted(*args: Any) -> Any:
            if not before:
                original(*args)
            raise KeyboardInterrupt

        setattr(where, by, interrupted)
        item = ObjectItem(uuid, b"x", "A")
        self.items.append(item)
        try:
            self.machine.add(item)
        except KeyboardInterrupt:
            self.machine.interrupted(item)
        finally:
            if by == "_wait":
                setattr(where, by, original)
            else:
                delattr(where, by)

    @rule(seconds=st.sampled_from([0.1, 2.0]))
    def the_server_asks_for_rest(self, seconds: float) -> None:
        self.machine.rest(seconds, self.now)

    def _open(self) -> bool:
        return not self.machine.blocked and self.machine.error is None and not self.machine.closing

    @rule(seconds=st.sampled_from([0.01, 0.2, 3.0]))
    def time_goes_by(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def take(self) -> None:
        part = self.machine.take(self.now)
        if part is None:
            return
        busy = {item.key for other in self.flying for item in other.items if isinstance(item, ObjectItem)}
        keys = [item.key for item in part.items]
        assert len(part.items) > 0
        assert len(part.items) == 1 or sum(item.size for item in part.items) <= 100 or part.kind == "references"
        if part.kind == "objects" or self.machine.mode.by_key:
            assert len(set(keys)) == len(keys), "one key twice in a part"
            assert busy.isdisjoint(keys), "one key twice in flight"
        if self.machine.mode.by_key and part.kind == "objects":
            assert len({item.collection for item in part.items}) == 1
        for item in part.items:
            if isinstance(item, ReferenceItem):
                joined = {item.from_uuid, item.to_uuid}
                open_ = [one for one in self.items if isinstance(one, ObjectItem) and one.outcome is None]
                assert not [one for one in open_ if one.key in joined], "a reference before its object"
        self.flying.append(part)

    @precondition(lambda self: self.flying)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        part = self.flying.pop(data.draw(st.integers(0, len(self.flying) - 1)))
        bad = data.draw(st.dictionaries(st.integers(0, len(part.items) - 1), st.sampled_from(REASONS), max_size=3))
        for position, item in enumerate(part.items):
            if position not in bad:
                self.server.apply(item)
        self.machine.done(part, bad, self.now, data.draw(st.sampled_from([0.1, 1.0, 3.0])))

    @precondition(lambda self: self.flying)
    @rule(data=st.data(), verdict=st.sampled_from(VERDICTS))
    def fail(self, data: st.DataObject, verdict: Verdict) -> None:
        part = self.flying.pop(data.draw(st.integers(0, len(self.flying) - 1)))
        if verdict == "unknown":
            for item in part.items:
                if data.draw(st.booleans()):
                    self.server.apply(item)
        self.machine.failed(part.items, verdict, "it failed", self.now)

    @rule()
    def take_unsure(self) -> None:
        if (item := self.machine.take_unsure(self.now)) is not None:
            assert item.unsure
            self.looking.append(item)

    @precondition(lambda self: self.looking)
    @rule(away=st.booleans())
    def look(self, away: bool) -> None:
        item = self.looking.pop()
        if away:
            self.machine.failed([item], "away", "nobody there", self.now)
        else:
            self.machine.checked(item, self.server.references[link(item)] > 0, self.now)

    @rule()
    def flush(self) -> None:
        self.flushes.append((self.machine.flush(), len(self.items)))

    @rule()
    def close(self) -> None:
        self.machine.close()

    @rule(really=st.integers(0, 9))
    def stop(self, really: int) -> None:
        if not really:
            self.machine.stop(RuntimeError("enough"))

    @invariant()
    def accounts_are_exact(self) -> None:
        counted = Counter(item.outcome for item in self.items)
        for kind in (ObjectItem, ReferenceItem):
            counts = self.machine.counts(kind)
            mine = Counter(item.outcome for item in self.items if isinstance(item, kind))
            assert counts == (mine.total(), mine["stored"], mine["failed"], mine["unknown"])
        assert self.machine.held == counted[None]
        assert all(number == 1 for number in self.machine.settled.values()), "settled twice"
        assert len(self.machine.settled) == len(self.items) - counted[None]
        assert sum(item.size for item in self.items if item.outcome is None) < MOST + 300  # the last one may exceed it
        assert len(self.machine.news) == counted["failed"] + counted["unknown"]

    @invariant()
    def flushed_means_settled(self) -> None:
        for generation, number in self.flushes:
            settled = all(item.outcome is not None for item in self.items[:number])
            assert self.machine.flushed(generation) == settled

    @invariant()
    def what_is_stored_is_there_once(self) -> None:
        for item in self.items:
            if isinstance(item, ReferenceItem):
                times = self.server.references[link(item)]
                assert times <= 1, "a reference twice"
                assert times or item.outcome != "stored"
                assert not times or item.outcome != "failed"
            elif item.outcome is not None:
                assert (item.outcome == "stored") <= (id(item) in self.server.applied)
                assert (item.outcome == "failed") <= (id(item) not in self.server.applied)

    def teardown(self) -> None:
        if not hasattr(self, "machine"):
            return
        self.machine.close()
        for _ in range(10_000):
            if self.machine.finished:
                break
            while self.looking:
                self.look(False)
            for part in self.flying:
                for item in part.items:
                    self.server.apply(item)
                self.machine.done(part, {}, self.now)
            self.flying.clear()
            self.take()
            self.take_unsure()
            if not self.flying and not self.looking and not self.machine.finished:
                wait = self.machine.wait(self.now)
                assert wait is not None or self.machine.closing, "nothing would ever happen again"
                self.now += max(wait or 0.0, 0.001)
        assert self.machine.finished
        assert not self.machine._last, "a key is remembered for ever"
        self.accounts_are_exact()
        self.flushed_means_settled()
        self.what_is_stored_is_there_once()


Events.TestCase.settings = settings(max_examples=300, stateful_step_count=60, deadline=None)
TestEvents = Events.TestCase


class Streams(RuleBasedStateMachine):
    """Any sequence of what can happen to two streams of one batch, whose server names items by their keys only."""

    @initialize()
    def begin(self) -> None:
        self.machine = Machine(Mode(3, by_key=True), patience=5, part_bytes=300, held=20, random=lambda: 0.5)
        self.server = Server()
        self.now = 100.0
        self.items: list[Item] = []
        self.talks = [Talk(self.machine), Talk(self.machine)]
        self.queues: list[list[Any]] = [[], []]  # of each stream: the messages that its server has not worked on

    @rule(uuid=st.sampled_from(IDS), collection=st.sampled_from("AB"), tenant=st.sampled_from([None, "t"]))
    def add_object(self, uuid: str, collection: str, tenant: str | None) -> None:
        if not self.machine.blocked and self.machine.error is None:
            item = ObjectItem(uuid.upper(), piece(uuid, collection, tenant, len(self.items)), collection, tenant)
            self.items.append(item)
            self.machine.add(item)

    @rule(uuid=st.sampled_from(IDS), to=st.sampled_from(IDS), name=st.sampled_from("pq"))
    def add_reference(self, uuid: str, to: str, name: str) -> None:
        item = ReferenceItem("A", uuid, name, to)
        known = {link(one) for one in self.items if isinstance(one, ReferenceItem)}
        if not self.machine.blocked and self.machine.error is None and link(item) not in known:
            self.items.append(item)
            self.machine.add(item)

    @rule(seconds=st.sampled_from([0.01, 0.2, 2.0]))
    def time_goes_by(self, seconds: float) -> None:
        self.now += seconds

    @rule(which=st.integers(0, 1))
    def say(self, which: int) -> None:
        data = self.talks[which].next(self.now)
        if data is None:
            return
        message = BatchStreamRequest.FromString(data)
        if message.HasField("start"):
            self.talks[which].receive(BatchStreamReply(started={}), self.now)
            return
        objects, references = message.data.objects.values, message.data.references.values
        assert len({one.collection for one in objects}) <= 1
        self.queues[which].append(message.data)
        beacons = [beacon(one) for one in references]
        self.talks[which].receive(
            BatchStreamReply(acks={"uuids": [one.uuid for one in objects], "beacons": beacons}), self.now
        )

    @precondition(lambda self: any(self.queues))
    @rule(data=st.data())
    def work(self, data: st.DataObject) -> None:
        which = data.draw(st.sampled_from([i for i in (0, 1) if self.queues[i]]))
        told = self.queues[which].pop(data.draw(st.integers(0, len(self.queues[which]) - 1)))
        results = BatchStreamReply.Results()
        for one in (*told.objects.values, *told.references.values):
            name = {"uuid": one.uuid} if hasattr(one, "uuid") else {"beacon": beacon(one)}
            if data.draw(st.integers(0, 4)):
                self._apply(one)
                results.successes.add(**name)
            else:
                results.errors.add(error=data.draw(st.sampled_from(REASONS)), **name)
        self.talks[which].receive(BatchStreamReply(results=results), self.now)

    def _apply(self, one: Any) -> None:
        if hasattr(one, "uuid"):
            item = self.items[int(one.properties.non_ref_properties["number"])]
        else:
            way = (one.from_uuid, one.name, one.to_uuid)
            (item,) = [each for each in self.items if isinstance(each, ReferenceItem) and link(each) == way]
        self.server.apply(item)

    @rule(which=st.integers(0, 1), verdict=st.sampled_from([None, "away", "unknown"]), part=st.booleans())
    def end(self, which: int, verdict: Verdict | None, part: bool) -> None:
        if part:  # the server was still at work
            for told in self.queues[which]:
                for one in (*told.objects.values, *told.references.values):
                    self._apply(one)
        self.queues[which].clear()
        self.talks[which].ended(verdict, "it broke", self.now)
        self.talks[which] = Talk(self.machine)

    @precondition(lambda self: any(self.queues))
    @rule(which=st.integers(0, 1))
    def out_of_memory(self, which: int) -> None:
        if not self.queues[which]:
            return
        told = self.queues[which].pop()
        self.talks[which].receive(
            BatchStreamReply(
                out_of_memory={
                    "uuids": [one.uuid for one in told.objects.values],
                    "beacons": [beacon(one) for one in told.references.values],
                    "wait_time": 2,
                }
            ),
            self.now,
        )
        assert self.talks[which].over()

    @rule()
    def look(self) -> None:
        if (item := self.machine.take_unsure(self.now)) is not None:
            self.machine.checked(item, self.server.references[link(item)] > 0, self.now)

    @invariant()
    def accounts_are_exact(self) -> None:
        for kind in (ObjectItem, ReferenceItem):
            mine = Counter(item.outcome for item in self.items if isinstance(item, kind))
            assert self.machine.counts(kind) == (mine.total(), mine["stored"], mine["failed"], mine["unknown"])
        assert all(times == 1 for times in self.server.references.values())
        for item in self.items:
            if isinstance(item, ReferenceItem) and item.outcome in ("stored", "failed"):
                assert (item.outcome == "stored") == (self.server.references[link(item)] == 1)

    def teardown(self) -> None:
        if not hasattr(self, "machine"):
            return
        self.machine.close()
        for _ in range(2_000):
            for which in (0, 1):
                self.say(which)
                for told in self.queues[which]:
                    results = BatchStreamReply.Results()
                    for one in (*told.objects.values, *told.references.values):
                        self._apply(one)
                        results.successes.add(
                            **({"uuid": one.uuid} if hasattr(one, "uuid") else {"beacon": beacon(one)})
                        )
                    self.talks[which].receive(BatchStreamReply(results=results), self.now)
                self.queues[which].clear()
                if self.talks[which].over() and not self.machine.finished:
                    self.end(which, None, True)
            self.look()
            self.now += 0.05
            if self.machine.finished:
                break
        assert self.machine.finished
        self.accounts_are_exact()


Streams.TestCase.settings = settings(max_examples=200, stateful_step_count=60, deadline=None)
TestStreams = Streams.TestCase


def piece(uuid: str, collection: str, tenant: str | None, number: int) -> bytes:
    from weaviate_hl.ops.encode import Encoder

    return Encoder(collection, tenant).encode_parts({"number": number}, uuid)[1]


def beacon(one: Any) -> str:
    return f"weaviate://localhost/{one.from_collection}/{one.from_uuid}/{one.name}"


def test_ten_thousand_writes_of_one_object_can_be_stopped() -> None:
    machine = Machine(Mode(10), held=20_000)
    for _ in range(10_000):
        machine.add(ObjectItem(IDS[0], b"x", "A"))
    machine.stop(RuntimeError("enough"))
    assert machine.counts(ObjectItem) == (10_000, 0, 10_000, 0)
    assert machine.finished


def test_what_failed_keeps_its_reason_when_the_batch_breaks_after_it() -> None:
    machine = Machine(Mode(1))
    machine.add(ObjectItem(IDS[0], b"x", "A"))
    part = machine.take(0.0)
    assert part is not None
    machine.done(part, {0: "no such property"}, 0.0)
    machine.stop(KeyError("a callback"))
    machine.failed(part.items, "unknown", "the batch broke", 0.0)
    assert [(item.outcome, item.reason) for item in machine.news] == [("failed", "no such property")]


@pytest.mark.parametrize("by_key", [False, True])
def test_nothing_is_kept_from_going_by_a_flood_of_something_else(by_key: bool) -> None:
    machine = Machine(Mode(10, by_key=by_key))
    other = ObjectItem("B" * 36, b"x", "Other")
    reference = ReferenceItem("A", IDS[0], "p", IDS[1])
    taken: list[Item] = []
    for number in range(100):
        for each in range(10):
            machine.add(ObjectItem(f"{number:018}{each:018}", b"x", "A"))
        if number == 3:
            machine.add(other)
            machine.add(reference)
        if part := machine.take(number / 10):
            taken += part.items
    assert taken.index(other) < 100 and taken.index(reference) < 100


def test_a_rate_is_kept_in_every_minute() -> None:
    machine = Machine(Mode(10, per_minute=120, linger=None))
    now, sent = 0.0, []
    for number in range(600):
        machine.add(ObjectItem(f"{number:036}", b"x", "A"))
    while machine.held:
        part = machine.take(now)
        if part is None:
            now += machine.wait(now) or 0.01
            continue
        sent += [now] * len(part.items)
        machine.done(part, {}, now)
    assert all(sum(start <= moment < start + 60 for moment in sent) <= 120 for start in sent)
    assert sent[-1] < 5 * 60


def test_a_server_that_stays_away_ends_the_batch() -> None:
    machine = Machine(Mode(1), patience=10)
    machine.add(ObjectItem(IDS[0], b"x", "A"))
    machine.add(ObjectItem(IDS[1], b"x", "A"))
    now = 0.0
    while machine.error is None:
        if part := machine.take(now):
            machine.failed(part.items, "away", "connection refused", now)
        now += 0.1
    assert 10 <= now < 13
    assert machine.finished
    assert [item.outcome for item in machine.news] == ["failed", "failed"]
    assert all(item.retryable for item in machine.news)


def test_a_part_that_is_too_large_is_halved_until_the_object_is_alone() -> None:
    machine = Machine(Mode(8, linger=None))
    for number in range(8):
        machine.add(ObjectItem(f"{number:036}", b"x", "A"))
    machine.close()
    for _ in range(50):
        if part := machine.take(0):
            large = any(item.index == 5 for item in part.items)
            if large:
                machine.failed(part.items, "smaller", "larger than max", 0)
            else:
                machine.done(part, {}, 0)
    assert machine.counts(ObjectItem) == (8, 7, 1, 0)
    assert [item.index for item in machine.news] == [5]


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (errors.WeaviateGRPCUnavailableError("refused"), "away"),
        (errors.WeaviateTimeoutError("late"), "unknown"),
        (errors.WeaviateBatchError("no", status="RESOURCE_EXHAUSTED", server_text="no"), "later"),
        (errors.from_answer("Writing", "RESOURCE_EXHAUSTED", "larger than max (9 vs. 8)"), "smaller"),
        (errors.WeaviateBatchError("9 bytes, the server takes 8", status="RESOURCE_EXHAUSTED"), "smaller"),
        (errors.UnexpectedStatusCodeError("no", status=413), "smaller"),
        (errors.UnexpectedStatusCodeError("no", status=502), "unknown"),
        (errors.UnexpectedStatusCodeError("no", status=524), "unknown"),
        (errors.WeaviateBatchError("Received http2 header with status: 413", status="UNKNOWN"), "smaller"),
        (errors.WeaviateBatchError("Received http2 header with status: 524", status="UNKNOWN"), "unknown"),
        (errors.WeaviateBatchError("Received http2 header with status: 418", status="UNKNOWN"), "refused"),
        (errors.WeaviateBatchError("no such class", status="UNKNOWN"), "refused"),
        (errors.WeaviateClosedClientError("The client is closed"), "refused"),
        (errors.InsufficientPermissionsError("no", status="PERMISSION_DENIED"), "refused"),
        (errors.WeaviateBatchError("broken", status="INTERNAL"), "unknown"),
    ],
)
def test_what_a_failure_means(error: errors.WeaviateBaseError, verdict: str) -> None:
    assert verdict_of(error) == verdict


def test_a_connection_that_broke_leaves_the_outcome_unknown() -> None:
    error = errors.WeaviateGRPCUnavailableError("broke")
    error.outcome = "unknown"
    assert verdict_of(error) == "unknown"


@pytest.mark.parametrize(
    ("reason", "passes"),
    [
        ("connection to: OpenAI API failed with status: 429 error: slow down", True),
        ("put object: context deadline exceeded", True),
        ("auto-schema: create collection: class name Article already exists", True),
        ('resolve node name "node1" to host', True),
        ("invalid text property 'title' on class 'A': not a string, but float64", False),
        ("class 'X' not present in schema", False),
    ],
)
def test_which_refusals_may_pass(reason: str, passes: bool) -> None:
    assert may_pass(reason) is passes


def test_parts_fit_the_time_that_the_server_takes() -> None:
    assert fitting(200, 0.1) == 400
    assert fitting(2000, 0.1) == 2000
    assert fitting(200, 1.0) == 200
    assert fitting(200, 3.0) == 100
