"""What copying collections reads and writes, and how far it has come. Pure, but for the journal's file.

Objects travel as the JSON of the REST interface: that is the one form which a server gives and takes unchanged.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from weaviate_gen.rest.api.batch import objects_create, references_create
from weaviate_gen.rest.api.objects import list_
from weaviate_gen.rest.api.schema import objects_properties_add

from weaviate_hl.errors import WeaviateBatchError, WeaviateInvalidInputError
from weaviate_hl.op import RestOp
from weaviate_hl.ops.data import refusals

Json = dict[str, Any]

PAGE_BYTES = 4 * 2**20
MOST, FIRST = 1000, 50  # objects in a page, and in the first, when their size is not known


class CopyProgress(NamedTuple):
    """How far copying a collection has come.

    Attributes:
        collection: The collection.
        tenant: Its tenant, or None.
        step: "objects", and then "references" for collections that have them.
        done: How many objects this step is done with.
        total: How many there were when it began.
    """

    collection: str
    tenant: str | None
    step: str
    done: int
    total: int


class Part(NamedTuple):
    """What is copied from one end to the other: the objects of a collection or tenant, with or without references."""

    step: str
    collection: str
    tenant: str | None


class Journal:
    """How far a copy has come, in a file to which a line is added for each thing that was done.

    Args:
        path: The file; without one nothing is remembered.
    """

    def __init__(self, path: str | os.PathLike[str] | None) -> None:
        self._path = None if path is None else Path(path)
        self._done: dict[Part, tuple[str, int]] = {}
        self._done.update(self._entries())

    def _entries(self) -> Iterator[tuple[Part, tuple[str, int]]]:
        if self._path is None or not self._path.exists():
            return
        lines = self._path.read_text("utf-8").split("\n")
        for line in lines[:-1]:  # a last one without its end was cut off
            try:
                step, collection, tenant, after, count = json.loads(line)
            except (ValueError, TypeError):
                raise WeaviateInvalidInputError(f"journal: {self._path} is not the journal of a copy") from None
            yield Part(step, collection, tenant), (after, count)
        if lines[-1]:
            self._path.write_text("".join(f"{line}\n" for line in lines[:-1]), "utf-8")

    def reached(self, part: Part) -> tuple[str, int]:
        """The last object that is done, and how many are."""
        return self._done.get(part, ("", 0))

    def knows(self, part: Part) -> bool:
        """Whether it was begun."""
        return part in self._done

    def reach(self, part: Part, after: str, count: int) -> None:
        """Remember how far a part is done."""
        self._done[part] = after, count
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([*part, after, count]) + "\n")


class Source(NamedTuple):
    """A collection to be copied: its configuration, and its properties by whether they are references."""

    name: str
    config: Json
    links: list[Json]

    @classmethod
    def of(cls, config: Json) -> Source:
        """From the configuration as the server has it.

        Raises:
            WeaviateInvalidInputError: It has values that cannot be written as they are read.
        """
        properties: list[Json] = config.get("properties") or []
        for one in properties:
            if "blobHash" in one["dataType"]:
                raise WeaviateInvalidInputError(
                    f"Collection {config['class']!r} cannot be copied: of property {one['name']!r} the server tells "
                    "only hashes, from which the values cannot be written again"
                )
        links = [one for one in properties if one["dataType"][0][:1].isupper()]
        if links:
            config = {**config, "properties": [one for one in properties if one not in links]}
        return cls(config["class"], config, links)

    def bare(self, objects: Sequence[Json]) -> list[Json]:
        """Objects without their references."""
        if not self.links:
            return list(objects)
        return [{**one, "properties": self._plain(one.get("properties") or {})} for one in objects]

    def linked(self, objects: Sequence[Json]) -> list[Json]:
        """Those of the objects that have references."""
        names = [one["name"] for one in self.links]
        return [one for one in objects if any((one.get("properties") or {}).get(name) for name in names)]

    def _plain(self, properties: Json) -> Json:
        names = {one["name"] for one in self.links}
        return {name: value for name, value in properties.items() if name not in names}

    def beacons(self, given: Json, tenant: str | None) -> list[Json]:
        """The references of an object, each as a request to add it."""
        home = f"weaviate://localhost/{self.name}/{given['id']}"
        more = {} if tenant is None else {"tenant": tenant}
        return [
            {"from": f"{home}/{link['name']}", "to": to["beacon"], **more}
            for link in self.links
            for to in (given.get("properties") or {}).get(link["name"]) or ()
        ]


def page(part: Part, after: str, limit: int) -> RestOp[tuple[list[Json], int]]:
    """Objects in the order of their ids, with vectors, and the size of the answer."""

    def read(status: int, headers: Mapping[str, str], body: bytes) -> tuple[list[Json], int]:
        told = list_.parse(status, headers, body)
        return cast("list[Json]", told.get("objects") or []), len(body)

    request = list_.request(class_=part.collection, tenant=part.tenant, after=after, limit=limit, include="vector")
    return RestOp(request, read, f"Reading objects of collection {part.collection!r}")


def next_limit(objects: int, size: int) -> int:
    """How many objects the next page is to have, from the size of this one."""
    return max(1, min(MOST, objects * PAGE_BYTES // max(size, 1)))


def write(part: Part, objects: Sequence[Json]) -> RestOp[dict[int, str]]:
    """Write objects as they were read; the answer tells of those that were refused, by place."""
    given = objects if part.tenant is None else [{**one, "tenant": part.tenant} for one in objects]
    return RestOp(
        objects_create.request(body={"objects": cast(Any, given)}),
        objects_create.parse,
        f"Writing {part.step} of collection {part.collection!r}",
        timeout="insert",
        idempotent=True,
        error=WeaviateBatchError,
    ).then(refusals)


def link(part: Part, beacons: Sequence[Json]) -> RestOp[dict[int, str]]:
    """Add references, also those that lead nowhere; the answer tells of those that were refused, by place."""
    return RestOp(
        references_create.request(body=cast(Any, beacons)),
        references_create.parse,
        f"Writing {part.step} of collection {part.collection!r}",
        timeout="insert",
        error=WeaviateBatchError,
    ).then(refusals)


def add_link(name: str, body: Json) -> RestOp[None]:
    """Add a reference property as it was read."""
    return RestOp(
        objects_properties_add.request(name, body=cast(Any, body)),
        objects_properties_add.parse,
        f"Adding reference {body['name']!r} to collection {name!r}",
        timeout="insert",
    ).then(lambda told: None)
