"""Filters: read from gRPC or REST into one tree, then evaluated over the indexes of a shard into a set of rows.

Reading checks what the schema can tell (which properties there are, which values can be coerced); evaluating checks the
rest, as the server does, so that refusals come with the same words and from the same layer.
"""

from __future__ import annotations

import functools
import json
import math
import operator
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from weaviate_hl.lite.catalogue import Collection, Property, Shard
from weaviate_hl.lite.errors import Refusal
from weaviate_hl.lite.index import CREATED, ID, UPDATED, Index, Inverted, Rows
from weaviate_hl.lite.objects import index_of, no_such_property
from weaviate_hl.lite.references import shard_for, split
from weaviate_hl.lite.router import one_of
from weaviate_hl.lite.search.dates import instant, rfc3339
from weaviate_hl.lite.values import normal_date, normal_uuid
from weaviate_hl.lite.vectors import float32

if TYPE_CHECKING:
    from weaviate_gen.grpc.v1 import base_pb2

    from weaviate_hl.lite.engine import Engine

Json = dict[str, Any]

OPERATORS = (
    "",
    *"Equal NotEqual GreaterThan GreaterThanEqual LessThan LessThanEqual And Or WithinGeoRange Like IsNull".split(),
    *"ContainsAny ContainsAll ContainsNone Not".split(),
)
"""By their numbers in gRPC; the names are those of REST."""

_JOINS = ("And", "Or", "Not")
_CONTAINS = ("ContainsAny", "ContainsAll", "ContainsNone")
_ORDER = ("GreaterThan", "GreaterThanEqual", "LessThan", "LessThanEqual")
_COMPARE = ("Equal", "NotEqual", *_ORDER)
STOPWORDS_ONLY = (
    "invalid search term, only stopwords provided. Stopwords can be configured in class.invertedIndexConfig.stopwords"
)
_TIMES = (CREATED, UPDATED)
_OPAQUE = ("phoneNumber", "blob", "blobHash")
_RESOLVE = "resolve doc ids for prop/value pair: "

# The types of values as the server calls them.
TEXT, INT, NUMBER, BOOLEAN, GEO = "string", "int", "float64", "bool", "filters.GeoRange"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a filter speaks of: a property, perhaps behind references, its length, its count, or the object itself."""

    collection: Collection
    hops: Sequence[tuple[Property, Collection]]
    name: str
    prop: Property | None
    aspect: str = "value"


@dataclass(frozen=True, slots=True)
class Filter:
    """A node of the tree: a join of others, or an operator, a subject and a value with its type (or that of each)."""

    operator: str
    operands: Sequence[Filter] = ()
    subject: Subject | None = None
    value: Any = None
    kind: str = ""

    @property
    def shown_kind(self) -> str:
        return f"[]{self.kind}" if isinstance(self.value, list) else self.kind


# Reading.


def _subject(engine: Engine, collection: Collection, path: Sequence[str], *, count: bool = False) -> Subject:
    """The subject at a path: property, class, property, class, ..., property."""
    if len(path) % 2 == 0:
        listed = f"[{' '.join(path)}]"
        raise Refusal(
            f"paths needs to have a uneven number of components: property, class, property, ...., got {listed}"
        )
    hops = []
    for name, class_name in zip(path[:-1:2], path[1::2], strict=True):
        hops.append((_property(collection, name), _class(engine, class_name)))
        collection = hops[-1][1]
    name = path[-1]
    if name in (ID, *_TIMES):
        return Subject(collection, hops, name, None, "id" if name == ID else "time")
    length = name.startswith("len(") and name.endswith(")")
    name = name[4:-1] if length else name
    prop = _property(collection, name)
    if prop.kind == "object" and not count:
        raise Refusal(
            "filtering on nested properties is a preview feature, disabled by default; set "
            "WEAVIATE_PREVIEW_NESTED_FILTERING=true to enable"
        )
    aspect = "length" if length else "count" if count or prop.is_reference else "value"
    return Subject(collection, hops, name, prop, aspect)


def _property(collection: Collection, name: str) -> Property:
    prop = collection.properties.get(name)
    if prop is None:
        raise no_such_property(name, collection.name)
    return prop


_MESSAGE_KINDS: Mapping[str, str] = {
    f"value_{name}{ending}": kind
    for name, kind in (("text", TEXT), ("int", INT), ("boolean", BOOLEAN), ("number", NUMBER), ("geo", GEO))
    for ending in ("", "_array")
}


def from_message(engine: Engine, collection: Collection, message: base_pb2.Filters) -> Filter:
    """A filter from gRPC; numbers and texts are brought to the property's type where the server does so."""
    name = OPERATORS[message.operator] if message.operator < len(OPERATORS) else ""
    if not name:
        raise Refusal("unknown filter operator OPERATOR_UNSPECIFIED")
    if name in _JOINS:
        return Filter(name, [from_message(engine, collection, operand) for operand in message.filters])
    path, count = (
        _message_path(engine, collection, message.target) if message.HasField("target") else (list(message.on), False)
    )
    subject = _subject(engine, collection, path, count=count)
    field = message.WhichOneof("test_value")
    if field is None:
        raise Refusal("unknown value type <nil>")
    kind, value = _MESSAGE_KINDS[field], getattr(message, field)
    if field.endswith("_array"):
        value = list(value.values)
    elif kind == GEO:
        value = (value.latitude, value.longitude, value.distance)
    if name != "IsNull" and (name in _CONTAINS or not isinstance(value, list)):
        value, kind = _coerced(subject, value, kind)
    return _checked(Filter(name, subject=subject, value=value, kind=kind))


def _message_path(engine: Engine, collection: Collection, target: base_pb2.FilterTarget) -> tuple[list[str], bool]:
    """A target as a path, and whether it counts references."""
    kind = target.WhichOneof("target")
    if kind == "property":
        return [target.property], False
    if kind == "count":
        return [target.count.on], True
    if kind == "single_target":
        name, inner = target.single_target.on, target.single_target.target
        types = _property(collection, name).data_type
        if len(types) != 1:
            raise Refusal(f"expected reference property with a single target, got [{' '.join(types)}] for {name}")
        class_name = types[0]
    elif kind == "multi_target":
        name, inner = target.multi_target.on, target.multi_target.target
        class_name = target.multi_target.target_collection
    else:
        return [], False
    path, count = _message_path(engine, _class(engine, class_name), inner)
    return [name, class_name, *path], count


def _class(engine: Engine, name: str) -> Collection:
    collection = engine.catalogue.find(name)
    if collection is None:
        raise Refusal(f"could not find class {name} in schema")
    return collection


def _coerced(subject: Subject, value: Any, kind: str) -> tuple[Any, str]:
    """A value in the type that the subject needs, where gRPC lets one pass for the other."""
    wanted = _wanted(subject)
    if wanted not in (INT, NUMBER) or kind not in (INT, NUMBER, TEXT):
        return value, kind
    if isinstance(value, list):
        if kind == TEXT:
            return value, kind
        items = [_number(item, kind, wanted) for item in value]
        return items, wanted
    return _number(value, kind, wanted), wanted


def _number(value: Any, kind: str, wanted: str) -> int | float:
    if kind == TEXT:
        try:
            value = float(value)
        except ValueError:
            what, name = ("an integer", "int") if wanted == INT else ("a number", "float")
            raise Refusal(
                f"expected {what} value, but could not parse string '{value}' as {name}: strconv.ParseFloat: parsing "
                f"{json.dumps(value)}: invalid syntax"
            ) from None
    if wanted == NUMBER:
        return float(value)
    if isinstance(value, float) and not value.is_integer():
        raise Refusal(f"filtering for integer, but received a floating point number {value:g}")
    return int(value)


def _wanted(subject: Subject) -> str:
    """The type of the values that a subject is compared with."""
    if subject.aspect in ("length", "count"):
        return INT
    kinds = {"int": INT, "number": NUMBER, "boolean": BOOLEAN, "geoCoordinates": GEO}
    return kinds.get(subject.prop.kind, TEXT) if subject.prop else TEXT


_REST_KINDS = {
    "valueText": TEXT,
    "valueString": TEXT,
    "valueInt": INT,
    "valueNumber": NUMBER,
    "valueBoolean": BOOLEAN,
    "valueDate": TEXT,
    "valueGeoRange": GEO,
}
_REST_NAMES = {
    "text": "valueText",
    "int": "valueInt",
    "number": "valueNumber",
    "boolean": "valueBoolean",
    "date": "valueDate",
    "geoCoordinates": "valueGeoRange",
}


def from_where(engine: Engine, collection: Collection, where: Json) -> Filter:
    """A filter from REST; nothing is coerced, each type has its own key."""
    try:
        return _from_where(engine, collection, where)
    except _Unparsed as problem:
        raise problem.within("failed to parse where filter: invalid where filter: ") from None
    except Refusal as problem:
        raise problem.within("invalid where filter: ") from None


class _Unparsed(Refusal):
    """A filter of REST that is not even well-formed."""


def _from_where(engine: Engine, collection: Collection, where: Json) -> Filter:
    name = where.get("operator") or ""
    one_of(name, "where.operator", "body", OPERATORS[1:])
    if name in _JOINS:
        operands = where.get("operands") or ()
        if not operands:
            raise _Unparsed(f"operator '{name}', but no operands set - add at least one operand")
        return Filter(name, [_from_where(engine, collection, operand) for operand in operands])
    path: list[str] = list(where.get("path") or ())
    if not path:
        raise _Unparsed("field 'path': must have at least one element")
    if path[-1] == "id":
        path[-1] = ID
    names = [key for key in where if key.removesuffix("Array") in _REST_KINDS and where[key] is not None]
    if not names:
        raise _Unparsed(f"got operator '{name}', but no value<Type> field set")
    if len(names) > 1:
        clause = json.dumps({"operands": None, **where}, sort_keys=True, separators=(",", ":"))
        raise _Unparsed(f"found more than one values the clause '{clause}'")
    field, value = names[0].removesuffix("Array"), where[names[0]]
    subject = _subject(engine, collection, path)
    _check_rest(subject, name, field)
    kind = _REST_KINDS[field]
    if kind == GEO:
        place = value.get("geoCoordinates") or {}
        value = (place.get("latitude"), place.get("longitude"), (value.get("distance") or {}).get("max"))
    elif subject.aspect == "time" and isinstance(value, str) and value.isdigit():
        value = rfc3339(int(value) * 1_000_000)  # milliseconds, which gRPC does not take
    return _checked(Filter(name, subject=subject, value=value, kind=kind))


def _check_rest(subject: Subject, name: str, field: str) -> None:
    prop = subject.prop
    if name == "IsNull":
        if field != "valueBoolean":
            raise Refusal(f"operator IsNull requires a booleanValue, got {field} instead")
    elif subject.aspect == "length":
        if field != "valueInt":
            raise Refusal(f'Filtering for property length requires IntValue, got "{field}" instead')
    elif subject.aspect == "count":
        if field != "valueInt":
            raise Refusal(
                f'Property {subject.name!r} is a ref prop. Only "valueInt" can be used on a ref prop directly'
            )
    elif prop is not None and prop.kind == "uuid":
        if field not in ("valueText", "valueString"):
            kind = '"uuid" or "uuid[]"'
            raise Refusal(f'property "{prop.name}" is of type {kind}: specify uuid as string using "valueText"')
    elif prop is not None:
        wanted = _REST_NAMES.get(prop.kind)
        if wanted is None:
            raise Refusal(f'data type "{prop.type}" not supported in query')
        if field.replace("String", "Text") != wanted:
            raise Refusal(f'data type filter cannot use "{field}" on type "{prop.type}", use "{wanted}" instead')


def _checked(node: Filter) -> Filter:
    """Refuse what the schema alone tells to be impossible."""
    subject = node.subject
    assert subject is not None  # noqa: S101  # only joins have none
    prop = subject.prop
    if subject.aspect == "length":
        if node.operator not in _COMPARE:
            number = OPERATORS.index(node.operator)
            raise Refusal(
                "Filtering for property length supports operators (not) equal and greater/less than (equal), got "
                f"{number} instead"
            )
        if isinstance(node.value, int) and node.value < 0:
            raise Refusal(f"Can only filter for positive property length got {node.value} instead")
    elif prop and prop.kind == "uuid" and node.operator in ("Like", "WithinGeoRange"):
        raise Refusal(f'operator "{node.operator}" cannot be used on uuid/uuid[] props')
    return node


# Evaluating.


def evaluate(engine: Engine, collection: Collection, shard: Shard, tenant: str, node: Filter) -> Rows:
    """The rows of a shard that a filter matches, none of them dead."""
    index = index_of(engine, shard)
    return _Evaluation(engine, tenant, collection, index).rows(node) & index.all


def explained(collection: Collection, shard: Shard) -> str:
    """What stands before a refusal that comes from evaluating."""
    name = collection.name.lower()
    return f"search: object search at index {name}: local shard object search {name}_{shard.name}: "


class _Evaluation:
    def __init__(self, engine: Engine, tenant: str, collection: Collection, index: Index) -> None:
        self.engine = engine
        self.tenant = tenant
        self.collection = collection
        self.index = index

    def rows(self, node: Filter) -> Rows:
        if node.operator in _JOINS:
            return self._join(node)
        subject = node.subject
        assert subject is not None  # noqa: S101
        if subject.hops:
            return self._behind(node, subject)
        aspects: dict[str, Callable[[Filter, Subject], Rows]] = {
            "value": self._value,
            "length": self._length,
            "count": self._count,
            "id": self._id,
            "time": self._time,
        }
        if node.operator == "IsNull" and subject.aspect in ("value", "count"):
            return self._null(node, subject)
        return aspects[subject.aspect](node, subject)

    def _join(self, node: Filter) -> Rows:
        if not node.operands:
            raise Refusal(f'{_RESOLVE}no children for operator "{node.operator}"')
        if node.operator == "Not" and len(node.operands) > 1:
            raise Refusal(f'{_RESOLVE}too many children for operator "Not". Expected 1, given {len(node.operands)}')
        found = [self._nested(i, operand) & self.index.all for i, operand in enumerate(node.operands)]
        if node.operator == "Not":
            return self.index.all ^ found[0]
        return functools.reduce(operator.and_ if node.operator == "And" else operator.or_, found)

    def _nested(self, position: int, node: Filter) -> Rows:
        try:
            return self.rows(node)
        except Refusal as problem:
            raise problem.within(f"nested query: nested clause at pos {position}: ") from None

    def _behind(self, node: Filter, subject: Subject) -> Rows:
        """Objects of whose references any points to an object that the rest of the filter matches."""
        prop, target = subject.hops[0]
        rest = Subject(subject.collection, subject.hops[1:], subject.name, subject.prop, subject.aspect)
        inner = Filter(node.operator, (), rest, node.value, node.kind)
        shard = shard_for(self.engine, target, self.tenant)
        found = evaluate(self.engine, target, shard, self.tenant, inner)
        behind = index_of(self.engine, shard)
        references = self._structure(prop.name, "references", _reference_keys)
        keys = [behind.uuids[row] for row in behind.listed(found)]
        names = (target.name, "")  # a beacon may name no class
        return self.index.union(rows for uuid in keys for name in names for rows in references.equal((name, uuid)))

    # What a property has.

    def _value(self, node: Filter, subject: Subject) -> Rows:
        prop = subject.prop
        assert prop is not None  # noqa: S101
        if node.operator in _CONTAINS:
            if prop.kind in ("geoCoordinates", *_OPAQUE):
                number = OPERATORS.index(node.operator)
                raise Refusal(f"unsupported type 'schema.DataType' for '{number}' operator")
            return self._contains(node, subject, prop)
        if prop.kind in _OPAQUE:
            raise Refusal(f'data type "{prop.type}" not supported in query')
        if prop.kind == "text":
            return self._text(node, prop)
        return self._scalar(node, prop)

    def _contains(self, node: Filter, subject: Subject, prop: Property | None) -> Rows:
        wanted = _wanted(subject)
        if not isinstance(node.value, list) or node.kind != wanted:
            raise Refusal(f"value type should be []{wanted} but is {node.shown_kind}")
        parts = []
        for i, item in enumerate(node.value):
            try:
                parts.append(self._nested(i, Filter("Equal", (), subject, item, node.kind)))
            except Refusal as problem:
                if node.operator != "ContainsAny" or not problem.text.endswith(STOPWORDS_ONLY):
                    raise
        if not parts:
            if node.operator == "ContainsAny":
                raise Refusal(STOPWORDS_ONLY)
            inner, name = ("", "And") if node.operator == "ContainsAll" else ("nested NOT query: ", "Or")
            raise Refusal(f'{_RESOLVE}{inner}no children for operator "{name}"')
        found = functools.reduce(operator.and_ if node.operator == "ContainsAll" else operator.or_, parts)
        return self.index.all & ~found if node.operator == "ContainsNone" else found

    def _text(self, node: Filter, prop: Property) -> Rows:
        if not isinstance(node.value, str):
            raise Refusal(f"expected value to be string, got '{node.shown_kind}'")
        self._need_filterable(prop)
        tokens = self._structure(prop.name, "tokens", _token_keys(prop))
        union = self.index.union
        if node.operator == "Like":
            patterns = prop.analyzer.patterns(node.value)
            found = [union(tokens.matching(lambda key, p=pattern: p.fullmatch(key))) for pattern in patterns]  # type: ignore[misc]
        else:
            terms = prop.analyzer.query(node.value)
            if node.operator in _ORDER:
                found = [union(tokens.compare(node.operator, term)) for term in terms]
            elif node.operator in ("Equal", "NotEqual"):
                found = [union(tokens.equal(term)) for term in terms]
            else:
                raise Refusal(f"operator {node.operator} is not supported on text properties")
        if not found:
            raise Refusal(STOPWORDS_ONLY)
        if node.operator == "NotEqual":
            return self.index.all & ~functools.reduce(operator.or_, found)
        return functools.reduce(operator.and_, found)

    def _scalar(self, node: Filter, prop: Property) -> Rows:
        kind = "geoCoordinates" if prop.kind == "geoCoordinates" else prop.kind
        if kind == "geoCoordinates":
            return self._geo(node, prop)
        key = self._key(node, prop)
        self._need_filterable(prop)
        values = self._structure(prop.name, "values", _value_keys(prop))
        found = self._compare(node.operator, values, key, prop.type)
        if node.operator == "NotEqual" and not prop.filterable:
            return found & self.index.union(values.matching(lambda _: True))  # the range index knows no absent values
        return found

    def _compare(self, name: str, inverted: Inverted, key: Any, what: str) -> Rows:
        if name == "Equal":
            return self.index.union(inverted.equal(key))
        if name == "NotEqual":
            return self.index.all & ~self.index.union(inverted.equal(key))
        if name in _ORDER:
            return self.index.union(inverted.compare(name, key))
        raise Refusal(f"operator {name} is not supported on {what} properties")

    def _key(self, node: Filter, prop: Property) -> Any:
        """The key that a value is found under."""
        value, kind = node.value, node.shown_kind
        if prop.kind == "uuid":
            if kind != TEXT:
                raise Refusal(f"expected uuid filter value to be a string, got {kind}")
            known = normal_uuid(value)
            if known is None:
                raise Refusal(f"parse uuid filter value: invalid UUID length: {len(value)}")
            return UUID(known).bytes
        if prop.kind == "date":
            if kind != TEXT:
                raise Refusal(f"expected value to be time.Time (or parseable string), got {kind}")
            return _time_key(value)
        wanted = {"int": INT, "number": NUMBER, "boolean": BOOLEAN}[prop.kind]
        if kind != wanted and not (wanted == NUMBER and kind == INT):
            raise Refusal(f"expected value to be {wanted}, got {kind}")
        return value

    def _geo(self, node: Filter, prop: Property) -> Rows:
        if node.kind != GEO:
            raise Refusal(f"expected value to be {GEO}, got {node.shown_kind}")
        if node.operator != "WithinGeoRange":
            raise Refusal(f"operator {node.operator} is not supported on geoCoordinates properties")
        if not prop.filterable:
            raise Refusal(f"{_RESOLVE}bucket for prop {prop.name} not found - is it indexed?")
        latitude, longitude, most = node.value
        places = enumerate(self.index.column(prop.name))
        return self.index.union(
            [[row for row, place in places if place and _haversine(place, latitude, longitude) <= most]]
        )

    def _need_filterable(self, prop: Property) -> None:
        if not (prop.filterable or prop.rangeable or (prop.searchable and prop.kind == "text")):
            raise Refusal(
                f"Filtering by property '{prop.name}' requires inverted index. Is `indexFilterable` option of property "
                f"'{prop.name}' enabled? Set it to `true` or leave empty"
            )

    # What a property is.

    def _null(self, node: Filter, subject: Subject) -> Rows:
        prop = subject.prop
        assert prop is not None  # noqa: S101
        if node.shown_kind != BOOLEAN:
            raise Refusal(f"expected value to be bool, got {node.shown_kind}")
        if not self.collection.inverted.get("indexNullState"):
            raise Refusal(
                "Nullstate must be indexed to be filterable! Add `indexNullState: true` to the invertedIndexConfig"
            )
        if not (prop.filterable or prop.searchable or prop.rangeable):
            raise Refusal(f"{_RESOLVE}bucket for prop {prop.name}_nullState not found - is it indexed?")
        if prop.kind in ("geoCoordinates", *_OPAQUE):
            return 0
        nulls = self._structure(prop.name, "null", lambda value: (value is None or value in ("", []),))
        return self.index.union(nulls.equal(node.value)) & self._with_state(prop)

    def _with_state(self, prop: Property) -> Rows:
        """Rows that have a null state: an object written before the property was added has none while it lacks it."""
        since = self.collection.since.get(prop.name)
        if since is None:
            return self.index.all
        column = self.index.column(prop.name)
        older = [row for row, doc in enumerate(self.index.docs) if doc < since and column[row] is None]
        return self.index.all & ~self.index.union([older])

    def _length(self, node: Filter, subject: Subject) -> Rows:
        prop = subject.prop
        assert prop is not None  # noqa: S101
        if not self.collection.inverted.get("indexPropertyLength"):
            raise Refusal(
                f"{_RESOLVE}Property length must be indexed to be filterable! add `IndexPropertyLength: true` to the "
                f"invertedIndexConfig in {self.collection.name}"
            )
        indexed = prop.filterable or prop.searchable or prop.rangeable
        if not indexed or not (prop.is_list or prop.is_reference or prop.kind in ("text", "uuid")):
            raise Refusal(f"{_RESOLVE}bucket for prop {prop.name}_propertyLength not found - is it indexed?")
        self._need_int(node)
        absent = (0,) if self.collection.inverted.get("indexNullState") else ()
        scalar = prop.kind == "uuid" and not prop.is_list  # which has no length

        def keys(value: Any) -> Iterable[Hashable]:
            return absent if value is None else () if scalar else (len(value),)

        lengths = self._structure(prop.name, "length", keys)
        return self._compare(node.operator, lengths, node.value, "length") & self._with_state(prop)

    def _count(self, node: Filter, subject: Subject) -> Rows:
        if node.operator in _CONTAINS:
            return self._contains(node, subject, subject.prop)
        self._need_int(node)
        counts = self._structure(subject.name, "count", lambda value: (len(value or ()),))
        return self._compare(node.operator, counts, node.value, "reference")

    def _need_int(self, node: Filter) -> None:
        if node.shown_kind != INT:
            raise Refusal(f"expected value to be int, got {node.shown_kind}")

    # What an object is.

    def _id(self, node: Filter, subject: Subject) -> Rows:
        if node.operator in _CONTAINS:
            return self._contains(node, subject, None)
        if not isinstance(node.value, str):
            raise Refusal(f"expected value to be string, got '{node.shown_kind}'")
        ids = self._structure(ID, "values", lambda uuid: (str(UUID(bytes=uuid)),))
        if node.operator == "Like":
            from weaviate_hl.lite.search.text import wildcard

            pattern = wildcard(node.value.lower())
            return self.index.union(ids.matching(lambda key: bool(pattern.fullmatch(key))))
        return self._compare(node.operator, ids, normal_uuid(node.value) or node.value, "id")

    def _time(self, node: Filter, subject: Subject) -> Rows:
        if not self.collection.inverted.get("indexTimestamps"):
            raise Refusal(
                f"{_RESOLVE}Timestamps must be indexed to be filterable! Add `IndexTimestamps: true` to the "
                f"InvertedIndexConfig in {self.collection.name}"
            )
        if node.operator in _CONTAINS:
            return self._contains(node, subject, None)
        if node.shown_kind != TEXT:
            raise Refusal(f"expected value to be string or time.Time, got '{node.shown_kind}'")
        times = self._structure(subject.name, "values", lambda value: (value,))
        return self._compare(node.operator, times, _time_key(node.value) // 1_000_000, "timestamp")

    def _structure(self, column: str, kind: str, keys: Callable[[Any], Iterable[Hashable]]) -> Inverted:
        return self.index.structure(column, kind, lambda: Inverted(keys))


def _time_key(text: str) -> int:
    if normal_date(text) is not None:
        return instant(text)
    raise Refusal(
        f'trying parse time as RFC3339 string: parsing time {json.dumps(text)} as "2006-01-02T15:04:05Z07:00"'
    )


def _token_keys(prop: Property) -> Callable[[Any], Iterable[Hashable]]:
    cut = prop.analyzer.index
    if prop.is_list:
        return lambda values: {token for text in values or () for token in cut(text)}
    return lambda text: () if text is None else set(cut(text))


def _value_keys(prop: Property) -> Callable[[Any], Iterable[Hashable]]:
    readers: dict[str, Callable[[Any], Hashable]] = {"date": instant, "uuid": lambda text: UUID(text).bytes}
    read = readers.get(prop.kind)
    if prop.is_list:
        return lambda values: set(map(read, values or ()) if read else values or ())
    return lambda value: () if value is None else (read(value) if read else value,)


def _reference_keys(value: Any) -> Iterable[Hashable]:
    for reference in value or ():
        class_name, uuid = split(reference["beacon"])
        yield class_name, uuid.bytes


def _haversine(place: Mapping[str, float], latitude: float, longitude: float) -> float:
    """The distance in metres on a sphere, as float32."""
    a, b = math.radians(float32(place["latitude"])), math.radians(latitude)
    half = math.sin((b - a) / 2) ** 2
    half += math.cos(a) * math.cos(b) * math.sin(math.radians(longitude - float32(place["longitude"])) / 2) ** 2
    return float32(2 * 6_371_000 * math.asin(math.sqrt(min(1.0, half))))
