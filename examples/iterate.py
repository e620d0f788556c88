"""Every object of a collection, asynchronously, in pages; and how to go on where a program was stopped."""

from __future__ import annotations

import asyncio
from uuid import UUID

import weaviate_hl
from weaviate_hl.classes.config import DataType, Property
from weaviate_hl.classes.data import DataObject


async def main() -> None:
    """Copy numbers out, in two goes."""
    async with weaviate_hl.use_async_with_lite() as client:
        numbers = await client.collections.create("Number", properties=[Property(name="value", data_type=DataType.INT)])
        await numbers.data.insert_many([DataObject({"value": n}, uuid=UUID(int=n + 1)) for n in range(1000)])

        iterator = numbers.iterator(return_properties=["value"], cache_size=200)
        first = []
        async for one in iterator:
            first.append(one.properties["value"])
            if len(first) == 450:
                break  # the program is stopped: keep the cursor

        kept = str(iterator.cursor)
        rest = [one.properties["value"] async for one in numbers.iterator(return_properties=["value"], after=kept)]
        whole = sorted(first + rest) == list(range(1000))
        print(f"{len(first)} objects, then {len(rest)} after {kept}; all of them: {whole}")


if __name__ == "__main__":
    asyncio.run(main())
