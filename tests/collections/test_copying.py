"""Collections copied from one lite to another, on sockets and not, and to a real server and back, in both colours."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import weaviate_hl
from tests.core.colours import Async, Sync
from tests.servers.places import LITE, REAL, client_at
from weaviate_hl import errors
from weaviate_hl.classes.config import Configure, DataType, Property, ReferenceProperty
from weaviate_hl.lite import Engine
from weaviate_hl.ops.copying import CopyProgress, Journal
from weaviate_hl.settings import Timeout

PREFIX = "Sv" + os.environ.get("PYTEST_XDIST_WORKER", "main").title()
AUTHORS, ARTICLES, NOTES = PREFIX + "Author", PREFIX + "Article", PREFIX + "Note"


def uuid(n: int) -> str:
    return f"00000000-0000-0000-0000-{n:012d}"


def lite(colour: Sync) -> Any:
    client = colour.client(lite=lambda: Engine(environ={}))
    colour.call(client.connect)
    return client


@pytest.fixture
def source(colour: Sync) -> Any:
    """Two collections that refer to each other, and one with tenants and several kinds of vectors."""
    client = lite(colour)
    create = client.collections.create
    own = Configure.Vectors.self_provided()
    colour.call(create, AUTHORS, properties=[Property(name="name", data_type=DataType.TEXT)], vector_config=own)
    colour.call(
        create,
        ARTICLES,
        properties=[
            Property(name="n", data_type=DataType.INT),
            Property(name="made", data_type=DataType.DATE),
            Property(name="tags", data_type=DataType.TEXT_ARRAY),
            Property(name="where", data_type=DataType.GEO_COORDINATES),
            Property(name="phone", data_type=DataType.PHONE_NUMBER),
            Property(name="raw", data_type=DataType.BLOB),
            Property(
                name="meta", data_type=DataType.OBJECT, nested_properties=[Property(name="k", data_type=DataType.TEXT)]
            ),
        ],
        references=[ReferenceProperty(name="writer", target_collection=AUTHORS)],
        vector_config=own,
        inverted_index_config=Configure.inverted_index(bm25_b=0.5, bm25_k1=1.5),
    )
    authors = client.collections.use(AUTHORS)
    colour.call(authors.config.add_reference, ReferenceProperty(name="wrote", target_collection=ARTICLES))
    colour.call(
        create,
        NOTES,
        multi_tenancy_config=Configure.multi_tenancy(),
        vector_config=[Configure.Vectors.self_provided(name="one"), Configure.MultiVectors.self_provided(name="many")],
    )
    notes = client.collections.use(NOTES)
    colour.call(notes.tenants.create, ["ann", "bob"])
    write(
        colour, client, AUTHORS, [{"id": uuid(n), "properties": {"name": f"a{n}"}, "vector": [n, 0.1]} for n in (1, 2)]
    )
    write(colour, client, ARTICLES, [article(n) for n in range(100, 400)])
    for tenant, amount in (("ann", 3), ("bob", 5)):
        vectors = {"one": [0.1, 0.2], "many": [[0.1, 0.3], [1, 2]]}
        objects = [{"id": uuid(n), "tenant": tenant, "vectors": vectors} for n in range(amount)]
        write(colour, client, NOTES, objects)
    link(colour, client, f"{AUTHORS}/{uuid(1)}/wrote", f"{ARTICLES}/{uuid(100)}")
    link(colour, client, f"{AUTHORS}/{uuid(1)}/wrote", f"{ARTICLES}/{uuid(100)}")
    link(colour, client, f"{AUTHORS}/{uuid(2)}/wrote", f"{ARTICLES}/{uuid(9999)}")  # which leads nowhere
    return client


def article(n: int) -> dict[str, Any]:
    properties = {
        "n": n,
        "made": "2024-01-01T00:00:00.123456789+02:00",
        "tags": ["x", "y"],
        "where": {"latitude": 1.1, "longitude": 2},
        "phone": {"input": "0171 1234567", "defaultCountry": "DE"},
        "raw": "aGVsbG8=",
        "meta": {"k": "v"},
        "writer": [{"beacon": f"weaviate://localhost/{AUTHORS}/{uuid(1 + n % 2)}"}],
    }
    return {"id": uuid(n), "properties": properties, "vector": [n / 3, -0.1]}


def write(colour: Sync, client: Any, name: str, objects: list[Any]) -> None:
    body = {"objects": [{"class": name, **one} for one in objects]}
    for told in colour.call(client.rest.batch.objects_create, body=body):
        assert told.result.status == "SUCCESS", told


def link(colour: Sync, client: Any, place: str, to: str) -> None:
    body = [{"from": f"weaviate://localhost/{place}", "to": f"weaviate://localhost/{to}"}]
    assert colour.call(client.rest.batch.references_create, body=body)[0].result.status == "SUCCESS"


def copy(colour: Sync, source: Any, target: Any, *names: str, **options: Any) -> dict[str, int]:
    function = weaviate_hl.copy_async if isinstance(colour, Async) else weaviate_hl.copy
    copied: dict[str, int] = colour.call(function, source, target, names or None, **options)
    return copied


def content(colour: Sync, client: Any, name: str, tenant: str | None = None) -> list[dict[str, Any]]:
    """All objects as REST has them, but for the times."""
    options = {} if tenant is None else {"tenant": tenant}
    told = colour.call(client.rest.objects.list_, class_=name, include="vector", limit=1000, after="", **options)
    objects: list[dict[str, Any]] = told.to_dict()["objects"]
    for one in objects:
        for time in ("creationTimeUnix", "lastUpdateTimeUnix"):
            del one[time]
        for links in (one.get("properties") or {}).values():
            for place in links if isinstance(links, list) and links and isinstance(links[0], dict) else ():
                place.pop("href", None)
    return objects


def config(colour: Sync, client: Any, name: str) -> dict[str, Any]:
    told: dict[str, Any] = colour.call(client.collections.export_config, name).to_dict()
    return {**told, "properties": sorted(told["properties"] or (), key=lambda one: str(one["name"]))}


def assert_the_same(colour: Sync, source: Any, target: Any) -> None:
    for name in (AUTHORS, ARTICLES, NOTES):
        assert config(colour, source, name) == config(colour, target, name)
    for name in (AUTHORS, ARTICLES):
        assert content(colour, source, name) == content(colour, target, name)
    for tenant in ("ann", "bob"):
        assert content(colour, source, NOTES, tenant) == content(colour, target, NOTES, tenant)


def test_everything_is_copied(colour: Sync, source: Any) -> None:
    target = lite(colour)
    seen: list[CopyProgress] = []
    assert copy(colour, source, target, progress=seen.append) == {AUTHORS: 2, ARTICLES: 300, NOTES: 8}
    assert_the_same(colour, source, target)
    assert [(one.done, one.total) for one in seen if one[:3] == (ARTICLES, None, "objects")][-1] == (300, 300)
    assert {one.step for one in seen} == {"objects", "references"}
    assert {one.tenant for one in seen if one.collection == NOTES} == {"ann", "bob"}


def test_a_copy_goes_on_where_it_broke_off(colour: Sync, source: Any, tmp_path: Path) -> None:
    """Whatever it was doing: the third attempt ends what the first and the second began."""
    target, journal = lite(colour), tmp_path / "journal"

    class Stop(Exception):
        pass

    for step in ("objects", "references"):

        def stop(one: Any, step: str = step) -> None:
            if one.step == step and one.collection == ARTICLES:
                raise Stop

        with pytest.raises(Stop):
            copy(colour, source, target, journal=journal, progress=stop)
    with journal.open("a") as file:
        file.write('["objects", "cut o')  # as a kill leaves it
    seen: list[Any] = []
    assert copy(colour, source, target, journal=journal, progress=seen.append)[ARTICLES] == 300
    assert all(one.step == "references" for one in seen)
    assert_the_same(colour, source, target)
    assert copy(colour, source, target, journal=journal) == {AUTHORS: 2, ARTICLES: 300, NOTES: 8}


def test_a_collection_made_before_it_broke_off_is_not_in_its_way(
    colour: Sync, source: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the answer to its creation is lost: the journal does not know of it yet."""
    target, journal, reach = lite(colour), tmp_path / "journal", Journal.reach

    class Stop(Exception):
        pass

    def stop(self: Journal, part: Any, after: str, count: int) -> None:
        if part.step == "created":
            raise Stop
        reach(self, part, after, count)

    with monkeypatch.context() as patched, pytest.raises(Stop):
        patched.setattr(Journal, "reach", stop)
        copy(colour, source, target, journal=journal)
    copy(colour, source, target, journal=journal)
    assert_the_same(colour, source, target)


def test_what_cannot_be_copied_is_said_before_anything_is_written(colour: Sync, source: Any, tmp_path: Path) -> None:
    target = lite(colour)
    with pytest.raises(errors.WeaviateInvalidInputError, match=f"refers to '{AUTHORS}', which the target has not"):
        copy(colour, source, target, ARTICLES)
    with pytest.raises(errors.UnexpectedStatusCodeError):
        copy(colour, source, target, NOTES, "Nothing")
    colour.call(source.collections.use(NOTES).tenants.deactivate, "bob")
    with pytest.raises(errors.WeaviateInvalidInputError, match="Tenant 'bob'.*activate it first"):
        copy(colour, source, target, NOTES)
    assert colour.call(target.collections.list_all) == {}
    colour.call(target.collections.create, AUTHORS)
    with pytest.raises(errors.WeaviateInvalidInputError, match=f"has a collection '{AUTHORS}' already"):
        copy(colour, source, target)
    for wrong in ("something", "5", '["objects", "Article"]'):
        (tmp_path / "other").write_text(f"{wrong}\n")
        with pytest.raises(errors.WeaviateInvalidInputError, match="is not the journal of a copy"):
            copy(colour, source, target, journal=tmp_path / "other")
    hashes = [Property(name="h", data_type=DataType.BLOB_HASH)]
    colour.call(source.collections.create, PREFIX + "Hashes", properties=hashes)
    with pytest.raises(errors.WeaviateInvalidInputError, match="of property 'h' the server tells only hashes"):
        copy(colour, source, target, PREFIX + "Hashes")


@pytest.fixture(params=[*LITE, REAL])
def elsewhere(request: pytest.FixtureRequest, colour: Sync) -> Iterator[Any]:
    client = client_at(request.param, colour, request, timeout=Timeout(insert=60))
    names = [AUTHORS, ARTICLES, NOTES]
    colour.call(client.collections.delete, names)
    yield client
    colour.call(client.collections.delete, names)


@pytest.mark.live  # it writes more than is worth keeping
def test_elsewhere_and_back(colour: Sync, source: Any, elsewhere: Any) -> None:
    copy(colour, source, elsewhere, AUTHORS, ARTICLES, NOTES)
    assert_the_same(colour, source, elsewhere)
    target = lite(colour)
    copy(colour, elsewhere, target, AUTHORS, ARTICLES, NOTES)
    assert_the_same(colour, source, target)
