"""Our messages and those of the official client in one process, imported in either order: run as a script.

Needs weaviate-client, in an environment of its own (scripts/matrix.sh makes it): it pins older versions than ours.
"""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

GENERATED = str(Path(__file__).resolve().parents[2] / "generated")
ORDERS = {"theirs first": ("weaviate.proto", "weaviate_gen"), "ours first": ("weaviate_gen", "weaviate.proto")}


def check(order: str) -> None:
    sys.path.insert(0, GENERATED)
    for package in ORDERS[order]:
        if package == "weaviate_gen":
            from weaviate_gen.grpc import METHODS
            from weaviate_gen.grpc.v1 import base_pb2, batch_pb2, search_get_pb2
        else:
            weaviate = import_module("weaviate")
            their_search = import_module("weaviate.proto.v1").search_get_pb2
    ours = search_get_pb2.SearchRequest(collection="Song", limit=3, filters=base_pb2.Filters(on=["title"]))
    theirs = their_search.SearchRequest.FromString(ours.SerializeToString())
    assert (theirs.collection, theirs.limit, list(theirs.filters.on)) == ("Song", 3, ["title"])
    assert type(theirs) is not type(ours)
    assert search_get_pb2.SearchRequest.FromString(theirs.SerializeToString()) == ours
    batch_pb2.BatchObject().properties.non_ref_properties.update({"a": 1})
    assert METHODS
    print(f"{order}: weaviate-client {weaviate.__version__} and {search_get_pb2.__name__} get along")  # noqa: T201


if __name__ == "__main__":
    if len(sys.argv) > 1:
        check(sys.argv[1])
    else:
        # A process for each order, since what is imported stays.
        codes = [subprocess.run([sys.executable, __file__, order]).returncode for order in ORDERS]
        sys.exit(max(codes))
