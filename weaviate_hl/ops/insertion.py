"""Objects on their way to the server: encoded, put into requests that it takes, and what became of each. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from weaviate_hl.errors import WeaviateInsertManyAllFailedError, WeaviateInvalidInputError
from weaviate_hl.op import RpcOp
from weaviate_hl.ops import data, encode
from weaviate_hl.ops.scope import Scope
from weaviate_hl.values.batch import BatchObject, BatchObjectReturn, ErrorObject
from weaviate_hl.values.inputs import DataObject

AT_ONCE = 4
"""How many requests are on their way at the same time."""

_TAIL = 16
"""More than a request has beside its objects."""

_NO_ID = "00000000-0000-0000-0000-000000000000"


class Insertion:
    """Objects of one collection. They are added, sent in parts, and settled; then others may be added.

    Args:
        scope: Where they go.
        limit: The largest message that the server takes.

    Attributes:
        written: How many were settled, and not refused.
    """

    def __init__(self, scope: Scope, limit: int) -> None:
        self._scope = scope
        self._limit = limit - _TAIL
        self._most_bytes = min(self._limit, data.MOST_BYTES)
        self._encode = encode.Encoder(scope.collection, scope.tenant).encode
        self.written = 0
        self._settled = bytearray()  # the ids of what was settled, of 16 bytes each
        self._errors: dict[int, ErrorObject] = {}
        self._start()

    def _start(self) -> None:
        self._size = 0
        self._texts: list[str] = []  # the ids of what was added
        self._places: list[int] = []  # and of what of it is to be sent its place, itself, and what is sent
        self._given: list[Any] = []
        self._pieces: list[bytes] = []

    @property
    def count(self) -> int:
        """How many objects there were so far."""
        return len(self._settled) // 16 + len(self._texts)

    @property
    def waiting(self) -> int:
        """How many objects are to be sent."""
        return len(self._pieces)

    @property
    def is_full(self) -> bool:
        """Whether there is enough to be sent."""
        return len(self._pieces) >= AT_ONCE * data.MOST or self._size >= AT_ONCE * self._most_bytes

    def add(self, objects: Sequence[Any]) -> None:
        """Take objects that are to be sent.

        Raises:
            WeaviateInvalidInputError: One cannot be sent as it is; the message says which, where in it, and why.
        """
        count, encode_one = self.count, self._encode
        made = [encode_one(one, place) for place, one in enumerate(objects, count)]
        self._places += range(count, count + len(made))
        self._given += objects
        for text, piece in made:
            self._texts.append(text)
            self._pieces.append(piece)
            self._size += len(piece)

    def offer(self, given: Any) -> None:
        """Take an object; if it cannot be sent, that is what becomes of it."""
        try:
            self.add((given,))
        except WeaviateInvalidInputError as error:
            self._refuse(self.count, given, error.message)
            self._texts.append(_NO_ID)

    def parts(self) -> list[slice]:
        """The parts in which to send what waits."""
        return list(encode.split(self._pieces, self._most_bytes, data.MOST))

    @property
    def at_once(self) -> int:
        """How many of the parts may be sent at the same time: of an object that is there twice, the last one stays."""
        ids = set(map(str.lower, self._texts))
        return AT_ONCE if len(ids) == len(self._texts) else 1

    def operation(self, part: slice) -> RpcOp[dict[int, str]]:
        """What sends a part.

        Raises:
            WeaviateInvalidInputError: It is one object, which is too large.
        """
        pieces = self._pieces[part]
        if len(pieces[0]) > self._limit:
            raise WeaviateInvalidInputError(
                f"Object {self._places[part.start]} has {len(pieces[0]):,} bytes, the server takes {self._limit:,}"
            )
        return data.batch_objects(pieces, self._scope.consistency_level)

    def settle(self, refused: Mapping[int, str]) -> None:
        """All that waited was sent; some of it, by place among it, was refused."""
        for index in sorted(refused):
            self._refuse(self._places[index], self._given[index], refused[index])
        self.written += len(self._pieces) - len(refused)
        self._settled += bytes.fromhex("".join(self._texts).replace("-", ""))
        self._start()

    def _refuse(self, place: int, given: Any, reason: str) -> None:
        one = given if isinstance(given, DataObject) else DataObject(given)
        sent = place - len(self._settled) // 16
        uuid = one.uuid or (self._texts[sent] if sent < len(self._texts) else None)
        failed = BatchObject(
            self._scope.collection, one.properties, uuid, one.vector, one.references, self._scope.tenant, place
        )
        self._errors[place] = ErrorObject(reason, failed, uuid)

    def result(self, elapsed_seconds: float) -> BatchObjectReturn:
        """What became of the objects.

        Raises:
            WeaviateInsertManyAllFailedError: Not one of them was written.
        """
        if self._errors and not self.written:
            reasons = list(dict.fromkeys(error.message for error in self._errors.values()))
            more = f"; and {len(reasons) - 5} other reasons" if len(reasons) > 5 else ""
            raise WeaviateInsertManyAllFailedError(
                f"Not one of {len(self._errors)} objects was written: {'; '.join(reasons[:5])}{more}"
            )
        errors = dict(sorted(self._errors.items()))
        return BatchObjectReturn.of_ids(bytes(self._settled), errors, elapsed_seconds)
