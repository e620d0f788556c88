"""Copying collections from one client to another: between servers, or from and to lite."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from weaviate_hl.colour.aio import together
from weaviate_hl.errors import WeaviateBatchError, WeaviateInvalidInputError
from weaviate_hl.ops import copying, schema, tenants
from weaviate_hl.ops.checks import check
from weaviate_hl.ops.copying import CopyProgress, Journal, Json, Part, Source
from weaviate_hl.values.tenants import Tenant

if TYPE_CHECKING:
    from weaviate_hl.aio.client import WeaviateAsyncClient

_TENANTS = 100  # created with one request


async def copy(
    source: WeaviateAsyncClient,
    target: WeaviateAsyncClient,
    collections: str | Sequence[str] | None = None,
    *,
    journal: str | os.PathLike[str] | None = None,
    progress: Callable[[CopyProgress], object] | None = None,
) -> dict[str, int]:
    """Copy collections with their configuration, tenants, objects, all vectors and references.

    Objects keep their ids; when they were created the target says anew. References are written when all objects are
    there. The source is only read: its collections should rest meanwhile. Aliases, users and roles are not copied.

    Args:
        source: A client that is connected to where the collections are.
        target: A client that is connected to where they are to be. None of them may exist there.
        collections: Their names; all, if none is given.
        journal: A file that remembers how far it has come: a copy that broke off goes on there when it is called again
            with the same file.
        progress: Called whenever something was written.

    Returns:
        How many objects each collection has that was copied.

    Raises:
        WeaviateInvalidInputError: A collection cannot be copied as it is, or the target has one of the name.
        WeaviateBatchError: The target has refused an object; the message says which, and why.

    Example:
        with weaviate_hl.connect_to_lite("data.db") as lite, weaviate_hl.connect_to_local() as server:
            weaviate_hl.copy(lite, server, ["Article", "Author"], journal="copy.jsonl")
    """
    return await _Copy(source, target, Journal(journal), progress).run(collections)


class _Copy:
    """One copy: its two ends, and how far it has come."""

    def __init__(
        self,
        source: WeaviateAsyncClient,
        target: WeaviateAsyncClient,
        journal: Journal,
        progress: Callable[[CopyProgress], object] | None,
    ) -> None:
        self._source = source
        self._target = target
        self._read = source._transport.execute
        self._write = target._transport.execute
        self._journal = journal
        self._progress = progress

    async def run(self, collections: str | Sequence[str] | None) -> dict[str, int]:
        if collections is None:
            names = sorted(await self._source.collections.list_all())
        else:
            names = check("copy", True).several("collections", collections, str)
        sources = [Source.of(await self._read(schema.read(name))) for name in names]
        await self._check(sources)
        places = {source.name: await self._places(source) for source in sources}
        for source in sources:
            await self._create(source)
        for source in sources:
            await self._add_links(source)
            await self._create_tenants(source.name, [name for name in places[source.name] if name is not None])
        counts = {source.name: 0 for source in sources}
        for source in sources:
            for tenant in places[source.name]:
                counts[source.name] += await self._objects(source, Part("objects", source.name, tenant))
        for source in sources:
            for tenant in places[source.name] if source.links else ():
                await self._objects(source, Part("references", source.name, tenant))
        return counts

    async def _check(self, sources: list[Source]) -> None:
        """Whether all can be created, before anything is."""
        there = {source.name for source in sources}
        for source in sources:
            begun = any(self._journal.knows(Part(step, source.name, None)) for step in ("creating", "created"))
            if not begun and await self._target.collections.exists(source.name):
                raise WeaviateInvalidInputError(
                    f"The target has a collection {source.name!r} already: delete it, or give the journal of the copy "
                    "that began it"
                )
            for one in {to for link in source.links for to in link["dataType"]} - there:
                if not await self._target.collections.exists(one):
                    raise WeaviateInvalidInputError(
                        f"Collection {source.name!r} refers to {one!r}, which the target has not: copy it, too"
                    )

    async def _create(self, source: Source) -> None:
        creating, created = (Part(step, source.name, None) for step in ("creating", "created"))
        if self._journal.knows(created):
            return
        # Whether the first step succeeded is not known where its answer was lost.
        there = self._journal.knows(creating) and await self._target.collections.exists(source.name)
        self._journal.reach(creating, "", 0)
        for op in schema.recreate(source.config)[there:]:
            await self._write(op)
        self._journal.reach(created, "", 0)

    async def _add_links(self, source: Source) -> None:
        if not source.links:
            return
        there = {one["name"] for one in (await self._write(schema.read(source.name))).get("properties") or ()}
        for link in source.links:
            if link["name"] not in there:
                await self._write(copying.add_link(source.name, link))

    async def _places(self, source: Source) -> list[str | None]:
        """Where the objects of a collection lie: in its tenants, all of which must be readable, or in the whole."""
        if not (source.config.get("multiTenancyConfig") or {}).get("enabled"):
            return [None]
        found = await self._read(tenants.get(source.name))
        for name, tenant in found.items():
            if tenant.activity_status != "ACTIVE":
                raise WeaviateInvalidInputError(
                    f"Tenant {name!r} of collection {source.name!r} is {tenant.activity_status}, so that its objects "
                    "cannot be read: activate it first"
                )
        return [*sorted(found)]

    async def _create_tenants(self, collection: str, names: list[str]) -> None:
        for start in range(0, len(names), _TENANTS):
            some = [Tenant(name=name) for name in names[start : start + _TENANTS]]
            await self._write(tenants.create(collection, some))

    async def _objects(self, source: Source, part: Part) -> int:
        """Copy a part, reading one page while the one before is written; how many objects it has."""
        after, done = self._journal.reached(part)
        total = await self._read(schema.count(part.collection, part.tenant))
        step = self._write_links if part.step == "references" else self._write_bare
        page, size = await self._read(copying.page(part, after, copying.FIRST))
        while page:
            after, done = page[-1]["id"], done + len(page)
            following = copying.page(part, after, copying.next_limit(len(page), size))
            _, (page, size) = await together(partial(step, source, part, page), partial(self._read, following))
            self._journal.reach(part, after, done)
            if self._progress is not None:
                self._progress(CopyProgress(part.collection, part.tenant, part.step, done, total))
        return done

    async def _write_bare(self, source: Source, part: Part, objects: list[Json]) -> None:
        bare = source.bare(objects)
        self._check_written(part, await self._write(copying.write(part, bare)), bare)

    async def _write_links(self, source: Source, part: Part, objects: list[Json]) -> None:
        """Write objects anew with their references. Where one leads nowhere, which is refused here, add them."""
        linked = source.linked(objects)
        if not linked:
            return
        refused = await self._write(copying.write(part, linked))
        if refused:
            again = [linked[place] for place in refused]
            await self._write_bare(source, part, again)
            beacons = [beacon for one in again for beacon in source.beacons(one, part.tenant)]
            self._check_written(part, await self._write(copying.link(part, beacons)), beacons)

    def _check_written(self, part: Part, refused: dict[int, str], given: list[Any]) -> None:
        for place, reason in refused.items():
            which = given[place].get("id") or given[place]["from"]
            raise WeaviateBatchError(f"Copying collection {part.collection!r}: the target refuses {which}: {reason}")
