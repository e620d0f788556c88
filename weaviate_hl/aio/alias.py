"""`client.alias`: second names of collections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weaviate_hl.ops import aliases
from weaviate_hl.ops.checks import check

if TYPE_CHECKING:
    from weaviate_hl.aio.transport.core import Transport
    from weaviate_hl.values.schema import AliasReturn


class AliasAsync:
    """Second names of collections: `client.alias`. They need a server from 1.32."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(self, *, alias_name: str, target_collection: str) -> None:
        """Give a collection a second name, which can be used like its own and can later name another collection.

        Args:
            alias_name: The alias; it begins with a capital letter.
            target_collection: The collection that it names.

        Raises:
            UnexpectedStatusCodeError: There is no such collection, or the name is taken.

        Example:
            await client.alias.create(alias_name="Articles", target_collection="ArticlesOfMay")
        """
        checks = check("alias.create", True)
        alias = checks.collection("alias_name", alias_name)
        await self._transport.execute(aliases.create(alias, checks.collection("target_collection", target_collection)))

    async def list_all(self, *, collection: str | None = None) -> dict[str, AliasReturn]:
        """All aliases by their names.

        Args:
            collection: Only the aliases of this collection.
        """
        name = None if collection is None else check("alias.list_all", True).collection("collection", collection)
        return await self._transport.execute(aliases.list_all(name))

    async def get(self, *, alias_name: str) -> AliasReturn | None:
        """An alias, or None if there is none of this name."""
        return await self._transport.execute(aliases.get(check("alias.get", True).collection("alias_name", alias_name)))

    async def exists(self, *, alias_name: str) -> bool:
        """Whether there is an alias of this name."""
        op = aliases.get(check("alias.exists", True).collection("alias_name", alias_name))
        return await self._transport.execute(op) is not None

    async def update(self, *, alias_name: str, new_target_collection: str) -> bool:
        """Let an alias name another collection; programs that use it go on with that one.

        Args:
            alias_name: The alias.
            new_target_collection: The collection that it names from now on.

        Returns:
            Whether there is such an alias.
        """
        checks = check("alias.update", True)
        alias = checks.collection("alias_name", alias_name)
        op = aliases.update(alias, checks.collection("new_target_collection", new_target_collection))
        return await self._transport.execute(op) is not None

    async def delete(self, *, alias_name: str) -> bool:
        """Delete an alias; the collection stays.

        Returns:
            Whether there was one.
        """
        op = aliases.delete(check("alias.delete", True).collection("alias_name", alias_name))
        return await self._transport.execute(op) is not None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._transport.place}>"
