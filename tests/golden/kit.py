"""What the tests of requests share: a transport that writes down what it is given, and the file of what is expected."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf.json_format import MessageToDict

from weaviate_hl.op import RestOp

Answer = Callable[[str], Any]


class Recorder:
    """A transport that sends nothing.

    answers: by operation, what is answered to a path; without, the body of the request.
    """

    limit = 10_000_000

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.sent: list[Any] = []
        self._answers = answers

    def execute(self, op: Any) -> Any:
        if not isinstance(op, RestOp):
            given = op.message
            message = op.method.request.FromString(given) if type(given) is bytes else given
            self.sent.append([op.method.name, MessageToDict(message, preserving_proto_field_name=True)])
            return op.parse(op.method.reply())
        request = op.request
        self.sent.append([request.method, request.path, dict(request.query), request.body])
        answer = self._answers.get(request.operation.id)
        told = answer(request.path) if answer else request.body
        status = next(iter(request.operation.results))
        return op.parse(status, {}, json.dumps(told).encode())


def recorded(path: Path, calls: Sequence[str], sent: Callable[[str], Any]) -> dict[str, Any]:
    """What the calls have sent when it was written down; with `WEAVIATE_HL_GOLDEN=write` it is written down now."""
    if os.environ.get("WEAVIATE_HL_GOLDEN") == "write":
        told = [f" {json.dumps(call)}: [\n  " + ",\n  ".join(map(json.dumps, sent(call))) + "\n ]" for call in calls]
        path.write_text("{\n" + ",\n".join(told) + "\n}\n")
    return dict(json.loads(path.read_text()))
