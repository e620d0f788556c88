"""Objects as instances of your own classes: a collection made from them, written with them, read as them.

Dataclasses, TypedDicts, classes of attrs and models of Pydantic do alike, and type checkers know what comes back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, TypedDict

import weaviate_hl
from weaviate_hl.classes.config import Configure, Tokenization
from weaviate_hl.classes.data import DataObject
from weaviate_hl.classes.generics import CrossReference
from weaviate_hl.classes.query import Filter


@dataclass
class Author:
    name: str
    born: int | None = None


@dataclass
class Chapter:
    heading: str
    pages: int


@dataclass
class Book:
    title: str
    isbn: Annotated[str, Tokenization.FIELD]
    published: datetime
    chapters: list[Chapter] = field(default_factory=list)


class BookReferences(TypedDict):
    written_by: CrossReference[Author, None]


def main() -> None:
    """Write and read."""
    with weaviate_hl.connect_to_lite() as client:
        authors = client.collections.create("Author", properties=Author)
        books = client.collections.create(
            "Book",
            properties=Book,
            references=BookReferences,
            vector_config=Configure.Vectors.self_provided(),
        )

        mary = authors.data.insert(Author("Mary Shelley", born=1797))
        books.data.insert_many(
            [
                DataObject(
                    Book("Frankenstein", "978-0-1", datetime(1818, 1, 1, tzinfo=UTC), [Chapter("Letter 1", 4)]),
                    vector=[0.1, 0.9],
                    references={"written_by": mary},
                ),
                DataObject(
                    Book("The Last Man", "978-0-2", datetime(1826, 1, 1, tzinfo=UTC)),
                    vector=[0.8, 0.2],
                    references={"written_by": mary},
                ),
            ]
        )

        for found in books.query.near_vector([0.0, 1.0], limit=1).objects:
            book, links = found.properties, found.references
            author = links["written_by"].objects[0].properties
            print(f"{book.title} by {author.name}, {book.published.year}: {[one.heading for one in book.chapters]}")

        # One query may ask for less: then it returns dictionaries, or instances of a smaller class.
        late = Filter.by_property("published").greater_than(datetime(1820, 1, 1, tzinfo=UTC))
        print([one.properties for one in books.query.fetch_objects(filters=late, return_properties=["title"]).objects])


if __name__ == "__main__":
    main()
