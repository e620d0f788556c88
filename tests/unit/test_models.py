"""Models: classes that say what objects hold, written, asked for, created from and built again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from datetime import UTC, date, datetime
from enum import Enum, StrEnum
from typing import (
    Annotated,
    Any,
    ClassVar,
    Generic,
    Literal,
    NewType,
    NotRequired,
    Optional,
    Required,
    TypedDict,
    TypeVar,
)
from uuid import UUID

import attrs
import pytest
from pydantic import BaseModel, ConfigDict, Field, RootModel, computed_field, field_validator
from typing_extensions import Doc, ReadOnly

from weaviate_hl.classes.config import DataType, Property, ReferenceProperty, ReferencePropertyMultiTarget, Tokenization
from weaviate_hl.classes.generics import CrossReference, CrossReferenceAnnotation, Nested
from weaviate_hl.classes.query import MetadataQuery, QueryNested, QueryReference
from weaviate_hl.errors import InvalidDataModelError, ResponseCannotBeDecodedError, WeaviateInvalidInputError
from weaviate_hl.ops import encode, instances, models
from weaviate_hl.values import generics
from weaviate_hl.values.inputs import GeoCoordinate, PhoneNumber, PhoneNumberType
from weaviate_hl.values.results import MetadataReturn, Object

U1 = UUID("00000001-0000-0000-0000-000000000001")
MAY = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)


class AuthorDict(TypedDict):
    name: str
    born: NotRequired[int]


@dataclass
class AuthorData:
    name: str
    born: int | None = None


@attrs.define
class AuthorAttrs:
    name: str
    born: int | None = None


class AuthorModel(BaseModel):
    name: str
    born: int | None = None


class ArticleDict(TypedDict, total=False):
    title: Required[str]
    tags: list[str]
    author: AuthorDict
    others: list[AuthorDict]


@dataclass
class ArticleData:
    title: str
    tags: list[str] = field(default_factory=list)
    author: AuthorData | None = None
    others: list[AuthorData] = field(default_factory=list)
    kind: ClassVar[str] = "article"


@attrs.define
class ArticleAttrs:
    title: str
    tags: list[str] = attrs.Factory(list)
    author: AuthorAttrs | None = None
    others: list[AuthorAttrs] = attrs.field(factory=list)


class ArticleModel(BaseModel):
    title: str
    tags: list[str] = []
    author: AuthorModel | None = None
    others: list[AuthorModel] = Field(default_factory=list)


AUTHOR = {"name": "Ann", "born": 1970}
FULL = {"title": "On", "tags": ["a", "b"], "author": AUTHOR, "others": [AUTHOR, {"name": "Bo", "born": None}]}
WRITTEN = [
    ArticleData("On", ["a", "b"], AuthorData("Ann", 1970), [AuthorData("Ann", 1970), AuthorData("Bo")]),
    ArticleAttrs("On", ["a", "b"], AuthorAttrs("Ann", 1970), [AuthorAttrs("Ann", 1970), AuthorAttrs("Bo")]),
    ArticleModel(
        title="On",
        tags=["a", "b"],
        author=AuthorModel(name="Ann", born=1970),
        others=[AuthorModel(name="Ann", born=1970), AuthorModel(name="Bo")],
    ),
]
ARTICLES = [ArticleDict, ArticleData, ArticleAttrs, ArticleModel]
by_class = pytest.mark.parametrize("instance", WRITTEN, ids=lambda one: type(one).__name__)


# Writing.


def test_a_dictionary_is_taken_as_it_is() -> None:
    given = {"title": "On"}
    assert generics.plain(given) is given


@by_class
def test_instances_are_written_as_the_same_dictionary(instance: Any) -> None:
    assert encode.json_object("A", instance, U1) == encode.json_object("A", FULL, U1)
    assert encode.Encoder("A").encode_parts(instance, U1) == encode.Encoder("A").encode_parts(FULL, U1)


def test_instances_may_be_nested_in_a_dictionary() -> None:
    nested = {"title": "On", "author": AuthorData("Ann"), "others": [AuthorModel(name="Bo")]}
    assert encode.json_object("A", nested)["properties"] == {
        "title": "On",
        "author": {"name": "Ann", "born": None},
        "others": [{"name": "Bo", "born": None}],
    }


def test_an_instance_is_written_whose_types_cannot_be_found() -> None:
    class Inner:
        pass

    @dataclass
    class Local:
        kind: ClassVar[str] = "a"
        inner: Inner | None = None

    @attrs.define
    class LocalAttrs:
        inner: Inner | None = None

    assert generics.plain(Local()) == generics.plain(LocalAttrs()) == {"inner": None}
    with pytest.raises(InvalidDataModelError, match="A type of Local cannot be found: .*Inner"):
        instances.builder(Local)


def test_a_bad_value_within_an_instance_is_named() -> None:
    with pytest.raises(WeaviateInvalidInputError, match=r"Object 3, property 'others\[1\]\.born': .*2\*\*53"):
        encode.Encoder("A").encode(ArticleData("On", others=[AuthorData("a"), AuthorData("b", 2**60)]), 3)


def test_an_instance_that_counts_as_false_is_written() -> None:
    @dataclass
    class Empty:
        title: str

        def __len__(self) -> int:
            return 0

    assert b"On" in encode.Encoder("A").encode(Empty("On"))[1]


@pytest.mark.parametrize("given", [3, "text", ["a"], object()])
def test_what_is_no_object_cannot_be_written(given: Any) -> None:
    with pytest.raises(InvalidDataModelError, match="does not say what an object holds"):
        generics.plain(given)
    with pytest.raises(WeaviateInvalidInputError, match="properties: expected values by name"):
        encode.Encoder("A").encode(given)


# Asking.


@pytest.mark.parametrize("model", ARTICLES)
def test_all_kinds_ask_for_the_same_properties(model: Any) -> None:
    author = ["name", "born"]
    assert models.returned(model) == [
        "title",
        "tags",
        QueryNested(name="author", properties=author),
        QueryNested(name="others", properties=author),
    ]


def test_what_is_around_a_type_does_not_matter() -> None:
    class Wrapped(TypedDict):
        a: Annotated[NotRequired[AuthorDict | None], "more"]
        b: ReadOnly[Nested[AuthorDict]]
        c: Optional[list[Nested[AuthorDict]]]  # noqa: UP045 - as it is often written
        d: Required[Sequence[AuthorDict]]

    author = ["name", "born"]
    assert models.returned(Wrapped) == [QueryNested(name=name, properties=author) for name in "abcd"]


@pytest.mark.parametrize("anything", [dict, dict[str, Any], Mapping[str, int], Any])
def test_a_dictionary_asks_for_everything(anything: Any) -> None:
    assert models.returned(anything) is None


class Tree(TypedDict):
    children: list[Tree]


class Unknown(TypedDict):
    a: Nowhere  # type: ignore[name-defined]  # noqa: F821


class Mixed(TypedDict):
    link: CrossReference[AuthorDict, None]


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (int, "int does not say what an object holds"),
        ("ArticleDict", "'ArticleDict' does not say"),
        (Tree, "Tree leads back to itself"),
        (Unknown, "A type of Unknown cannot be found: .*Nowhere"),
        (Mixed, "Mixed.link is a reference, among properties"),
    ],
)
def test_models_that_cannot_be_asked_for(model: Any, text: str) -> None:
    with pytest.raises(InvalidDataModelError, match=text):
        models.returned(model)
    with pytest.raises(InvalidDataModelError, match=text):
        models.properties_of(model)


class Deep(TypedDict):
    editor: CrossReference[AuthorDict, None]


class Links(TypedDict):
    anything: CrossReference
    author: CrossReference[AuthorData, Deep]
    multi: Annotated[
        CrossReference[AuthorModel, None],
        CrossReferenceAnnotation(
            include_vector=True, metadata=MetadataQuery(creation_time=True), target_collection="Person"
        ),
    ]
    own: Annotated[CrossReference[AuthorDict, None], QueryReference(link_on="own", return_properties="name")]


@dataclass
class LinksData:
    anything: CrossReference
    author: CrossReference[AuthorData, Deep] | None


def test_references_are_asked_for_as_the_model_says() -> None:
    author = ["name", "born"]
    assert models.references(Links) == [
        QueryReference(link_on="anything"),
        QueryReference(
            link_on="author",
            return_properties=author,
            return_references=[QueryReference(link_on="editor", return_properties=author)],
        ),
        QueryReference.MultiTarget(
            link_on="multi",
            include_vector=True,
            return_metadata=MetadataQuery(creation_time=True),
            return_properties=author,
            target_collection="Person",
        ),
        QueryReference(link_on="own", return_properties="name"),
    ]
    assert models.references(LinksData) == models.references(Links)[:2]


class Round(TypedDict):
    friend: CrossReference[AuthorDict, Round]


@pytest.mark.parametrize(
    ("model", "text"),
    [(AuthorDict, "AuthorDict.name is str, not a reference"), (Round, "Round leads back to itself")],
)
def test_references_that_cannot_be_asked_for(model: Any, text: str) -> None:
    with pytest.raises(InvalidDataModelError, match=text):
        models.references(model)


# Creating.


class Colour(StrEnum):
    RED = "red"


Slug = NewType("Slug", str)


class Everything(TypedDict):
    text: str
    whole: int
    number: float
    truth: bool
    moment: datetime
    day: date
    uuid: UUID
    blob: bytes
    place: GeoCoordinate
    phone: PhoneNumber
    colour: Colour
    word: Literal["a", "b"]
    slug: Slug
    texts: list[str]
    moments: Sequence[datetime]
    pair: tuple[int, ...]
    field: Annotated[str, Tokenization.FIELD, Doc("as it is")]
    forced: Annotated[Any, DataType.BLOB_HASH]
    own: Annotated[str, Property(name="own", data_type=DataType.TEXT, index_filterable=False)]


def test_a_model_tells_the_properties_of_a_collection() -> None:
    told = {one.name: one for one in models.properties_of(Everything)}
    assert {name: one.dataType.value for name, one in told.items()} == {
        "text": "text",
        "whole": "int",
        "number": "number",
        "truth": "boolean",
        "moment": "date",
        "day": "date",
        "uuid": "uuid",
        "blob": "blob",
        "place": "geoCoordinates",
        "phone": "phoneNumber",
        "colour": "text",
        "word": "text",
        "slug": "text",
        "texts": "text[]",
        "moments": "date[]",
        "pair": "int[]",
        "field": "text",
        "forced": "blobHash",
        "own": "text",
    }
    assert (told["field"].tokenization, told["field"].description) == (Tokenization.FIELD, "as it is")
    assert told["own"].indexFilterable is False


@pytest.mark.parametrize("model", ARTICLES)
def test_all_kinds_tell_the_same_properties(model: Any) -> None:
    nested = [Property(name="name", data_type=DataType.TEXT), Property(name="born", data_type=DataType.INT)]
    assert models.properties_of(model) == [
        Property(name="title", data_type=DataType.TEXT),
        Property(name="tags", data_type=DataType.TEXT_ARRAY),
        Property(name="author", data_type=DataType.OBJECT, nested_properties=nested),
        Property(name="others", data_type=DataType.OBJECT_ARRAY, nested_properties=nested),
    ]


@pytest.mark.parametrize(
    "kind", [Any, dict, dict[str, Any], object, complex, list, list[list[int]], list[bytes], set[str], int | str]
)
def test_a_type_without_equivalent_is_an_error(kind: Any) -> None:
    model = attrs.make_class("Model", {"a": attrs.field(type=kind)})
    with pytest.raises(InvalidDataModelError, match="Model.a: the server has no data type for"):
        models.properties_of(model)


def test_what_items_are_annotated_with_counts() -> None:
    class Items(TypedDict):
        words: list[Annotated[str, Tokenization.FIELD]]
        days: list[Annotated[Any, DataType.DATE]]

    words, days = models.properties_of(Items)
    assert (words.dataType, words.tokenization) == (DataType.TEXT_ARRAY, Tokenization.FIELD)
    assert days.dataType == DataType.DATE_ARRAY


def test_names_of_properties_agree() -> None:
    class Wrong(TypedDict):
        a: Annotated[str, Property(name="b", data_type=DataType.TEXT)]

    with pytest.raises(InvalidDataModelError, match="Wrong.a is annotated with Property 'b'"):
        models.properties_of(Wrong)
    with pytest.raises(WeaviateInvalidInputError, match="reserved"):
        models.properties_of(TypedDict("Reserved", {"id": str}))  # type: ignore[operator]


class Leads(TypedDict):
    author: CrossReference[AuthorDict, None]
    person: Annotated[CrossReference[AuthorDict, None], CrossReferenceAnnotation(target_collection="Person")]
    many: Annotated[CrossReference, ReferencePropertyMultiTarget(name="many", target_collections=["A", "B"])]


def test_a_model_tells_the_references_of_a_collection() -> None:
    assert models.reference_properties_of(Leads) == [
        ReferenceProperty(name="author", target_collection="AuthorDict"),
        ReferenceProperty(name="person", target_collection="Person"),
        ReferencePropertyMultiTarget(name="many", target_collections=["A", "B"]),
    ]
    with pytest.raises(InvalidDataModelError, match="Links.anything does not say to which collection it leads"):
        models.reference_properties_of(Links)


# Building.


def build(model: Any, values: dict[str, Any]) -> Any:
    read = instances.builder(model)
    return values if read is None else read(values)


@by_class
def test_what_was_read_becomes_an_instance(instance: Any) -> None:
    assert build(type(instance), dict(FULL)) == instance


@pytest.mark.parametrize("model", [dict, dict[str, Any], None, Any, ArticleDict])
def test_where_a_dictionary_is_the_answer_it_stays_one(model: Any) -> None:
    assert instances.builder(model) is None


def test_a_typed_dictionary_may_hold_instances() -> None:
    class Holds(TypedDict):
        author: AuthorData
        others: list[AuthorModel]
        tree: Tree

    values = {"author": AUTHOR, "others": [AUTHOR], "tree": {"children": []}, "more": 1}
    assert build(Holds, values) == {
        "author": AuthorData("Ann", 1970),
        "others": [AuthorModel(name="Ann", born=1970)],
        "tree": {"children": []},
        "more": 1,
    }


@pytest.mark.parametrize("model", [ArticleData, ArticleAttrs, ArticleModel])
def test_what_was_never_written_is_the_default(model: Any) -> None:
    assert build(model, {"title": "On"}) == model(title="On")
    assert build(model, {"title": "On", "tags": None, "author": None}) == model(title="On")


def test_none_stays_none_where_the_model_has_room_for_it() -> None:
    @dataclass
    class Some:
        a: int | None = 5
        b: int = 5
        c: str = field(kw_only=True)

    assert build(Some, {"a": None, "b": None}) == Some(a=None, b=5, c=None)  # type: ignore[arg-type]
    assert build(Some, {"c": "x"}) == Some(a=5, b=5, c="x")


def test_what_a_model_does_not_know_is_left_out_unless_it_allows_it() -> None:
    class Open(AuthorModel):
        model_config = ConfigDict(extra="allow")

    class Closed(AuthorModel):
        model_config = ConfigDict(extra="forbid")

    values = AUTHOR | {"more": 1}
    assert build(AuthorData, values) == AuthorData("Ann", 1970)
    assert build(Closed, values) == Closed(name="Ann", born=1970)
    assert build(Open, values).model_extra == {"more": 1}
    assert models.returned(Open) is None
    assert models.returned(attrs.make_class("Holds", {"a": attrs.field(type=Open)})) == ["a"]


class Aliased(BaseModel):
    written_by: str = Field(alias="writtenBy")
    read_as: str = Field("", validation_alias="in", serialization_alias="out")
    secret: str = Field("s", exclude=True)


def test_aliases_of_pydantic_are_the_names_of_properties() -> None:
    made = Aliased.model_validate({"writtenBy": "Ann", "in": "x"})
    assert generics.plain(made) == {"writtenBy": "Ann", "out": "x"}
    assert models.returned(Aliased) == ["writtenBy", "out"]
    assert build(Aliased, dict(generics.plain(made))) == made


class Names(RootModel[list[str]]):
    pass


class Computed(BaseModel):
    names: Annotated[Names, DataType.TEXT_ARRAY]

    @computed_field(description="how many there are")  # type: ignore[prop-decorator]
    @property
    def count(self) -> int:
        return len(self.names.root)


def test_what_pydantic_computes_is_written_and_not_read() -> None:
    made = Computed(names=Names(["a", "b"]))
    assert generics.plain(made) == {"names": ["a", "b"], "count": 2}
    assert models.returned(Computed) == ["names", "count"]
    assert models.properties_of(Computed) == [
        Property(name="names", data_type=DataType.TEXT_ARRAY),
        Property(name="count", data_type=DataType.INT, description="how many there are"),
    ]
    assert build(Computed, {"names": ["a", "b"], "count": 7}) == made


def test_aliases_of_attrs_are_the_names_of_arguments_only() -> None:
    @attrs.define
    class Private:
        _hidden: int = 0

    assert generics.plain(Private(hidden=3)) == {"_hidden": 3}
    assert build(Private, {"_hidden": 3}) == Private(hidden=3)


def test_constructors_run() -> None:
    @dataclass
    class Checked:
        a: int
        twice: int = field(init=False)

        def __post_init__(self) -> None:
            if self.a < 0:
                raise ValueError("negative")
            self.twice = 2 * self.a

    class Validated(BaseModel):
        a: int

        @field_validator("a", mode="before")
        @classmethod
        def from_text(cls, value: Any) -> int:
            return int(str(value).removesuffix(" EUR"))

    assert build(Checked, {"a": 2}).twice == 4
    assert build(Validated, {"a": "12 EUR"}).a == 12
    with pytest.raises(ResponseCannotBeDecodedError, match="Checked does not take .*: negative"):
        build(Checked, {"a": -1})
    with pytest.raises(ResponseCannotBeDecodedError, match="Validated does not take it"):
        build(Validated, {"a": "much"})


class Level(Enum):
    LOW = 1


PHONE = PhoneNumberType(number="030 1", default_country="de", valid=True)


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        (str, "a", "a"),
        (str, U1, str(U1)),
        (str, MAY, MAY.isoformat()),
        (Colour, "red", Colour.RED),
        (Level, 1, Level.LOW),
        (int, 3.0, 3),
        (float, 3, 3.0),
        (bool, True, True),
        (datetime, MAY, MAY),
        (date, MAY, date(2024, 5, 1)),
        (UUID, str(U1), U1),
        (bytes, "YQ==", b"a"),
        (PhoneNumber, PHONE, PhoneNumber(number="030 1", default_country="de")),
        (PhoneNumberType, PHONE, PHONE),
        (Literal["a", 2], 2, 2),
        (list[bytes], ["YQ=="], [b"a"]),
        (tuple[int, ...], [1], (1,)),
        (int | str, "a", "a"),
        (Slug, "a", "a"),
        (list, [1, "a"], [1, "a"]),
        (dict[str, Any], {"a": 1}, {"a": 1}),
        (complex, 3, 3),
    ],
)
def test_a_value_in_another_form_is_made_fit(kind: Any, value: Any, wanted: Any) -> None:
    model = attrs.make_class("Model", {"a": attrs.field(type=kind)})
    made = build(model, {"a": value}).a
    assert (made, type(made)) == (wanted, type(wanted))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (str, 1),
        (int, "1"),
        (int, 1.5),
        (int, True),
        (float, True),
        (bool, 1),
        (datetime, "today"),
        (UUID, "no id"),
        (bytes, "a"),
        (GeoCoordinate, {"latitude": 1}),
        (Level, 7),
        (Literal["a"], "b"),
        (list[int], [1, "a"]),
        (list[int], 1),
        (AuthorData, "Ann"),
        (AuthorData, {"name": 1}),
        (int | bool, "a"),
    ],
)
def test_a_value_that_does_not_fit_is_named(kind: Any, value: Any) -> None:
    model = attrs.make_class("Model", {"a": attrs.field(type=kind)})
    with pytest.raises(ResponseCannotBeDecodedError, match=r"^Model\.a: "):
        build(model, {"a": value})


def test_pydantic_takes_the_types_of_properties() -> None:
    class Places(BaseModel):
        place: GeoCoordinate
        phone: PhoneNumber

    made = Places(place=GeoCoordinate(latitude=1, longitude=2), phone=PhoneNumber(number="030 1", default_country="de"))
    assert build(Places, {"place": made.place, "phone": PHONE}) == made
    assert encode.json_object("A", made)["properties"]["place"] == {"latitude": 1, "longitude": 2}


T = TypeVar("T")


@dataclass
class Generically(Generic[T]):
    a: list[T]
    given: InitVar[int] = 0


def test_a_model_may_be_generic() -> None:
    assert build(Generically[int], {"a": [1]}) == Generically([1])
    assert models.returned(Generically[int]) == ["a"]
    assert models.asked(Generically[int], None, models.returned) == (Generically[int], ["a"])


# Objects.


def of(properties: Any, references: Any = None) -> Object[Any, Any]:
    return Object(U1, MetadataReturn(), properties, references, {}, "A")


def test_references_lead_to_instances() -> None:
    values = {"author": CrossReference([of(AUTHOR, {"editor": CrossReference([of(AUTHOR)])})])}
    links = build(LinksData, values)
    (author,) = links.author.objects
    assert author.properties == AuthorData("Ann", 1970)
    assert author.references["editor"].objects[0].properties == AUTHOR
    assert links.anything is None
