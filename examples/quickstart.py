"""The first steps: a collection, an import, and three kinds of search. It needs no server: lite is in this process.

With `weaviate_hl.connect_to_local()` in the place of `connect_to_lite()` the same runs on a server, if it has the
module that VECTORIZER names.
"""

from __future__ import annotations

from typing import Any

import weaviate_hl
from weaviate_hl.classes.config import Configure, DataType, Property
from weaviate_hl.classes.query import Filter, MetadataQuery

VECTORIZER = "text2vec-lite"  # counts words and parts of words: near in meaning is what is near in wording
SUBJECTS = ("volcanoes", "glaciers", "coral reefs", "comets", "rain forests", "deserts", "rivers", "earthquakes")
ASPECTS = ("how they form", "how they change", "who lives there", "what they are made of", "how they are measured")


def main() -> None:
    """Run it."""
    with weaviate_hl.connect_to_lite() as client:
        articles = client.collections.create(
            "Article",
            properties=[Property(name="title", data_type=DataType.TEXT), Property(name="year", data_type=DataType.INT)],
            vector_config=Configure.Vectors.custom(module_name=VECTORIZER),
        )
        with articles.batch.dynamic(progress=True, raise_on_failure=True) as batch:
            for year in range(1975, 2025):
                for subject in SUBJECTS:
                    for aspect in ASPECTS:
                        batch.add_object({"title": f"{subject}: {aspect}, as seen in {year}", "year": year})
        print(f"{len(articles):,} articles")

        score, distance = MetadataQuery(score=True), MetadataQuery(distance=True)
        query = articles.query
        show("keyword search", query.bm25("glaciers measured", limit=3, return_metadata=score))
        show("vector search", query.near_text("forming of a volcano", limit=3, return_metadata=distance))
        recent = Filter.by_property("year").greater_or_equal(2020)
        show("hybrid search", query.hybrid("life in a desert", filters=recent, limit=3, return_metadata=score))


def show(title: str, found: Any) -> None:
    """Print what a search has found."""
    print(f"\n{title}")
    for one in found.objects:
        told = one.metadata
        print(f"  {told.score if told.score is not None else told.distance:.3f}  {one.properties['title']}")


if __name__ == "__main__":
    main()
