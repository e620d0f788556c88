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
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from weaviate_hl.lite.catalogue import Collection, Json, Property, Shard
from weaviate_hl.lite.engine import Engine
from weaviate_hl.lite.errors import Refusal, refuse_if, within
from weaviate_hl.lite.index import CREATED, ID, UPDATED, Inverted, Rows
from weaviate_hl.lite.references import shard_for, split
from weaviate_hl.lite.router import one_of
from weaviate_hl.lite.search.dates import instant, rfc3339
from weaviate_hl.lite.search.text import wildcard
from weaviate_hl.lite.values import normal_date, normal_uuid
from weaviate_hl.lite.vectors import float32

if TYPE_CHECKING:
    from weaviate_gen.grpc.v1 import base_pb2

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
_OPAQUE = ("phoneNumber", "blob", "blobHash")
_RESOLVE = "resolve doc ids for prop/value pair: "

# The types of values as the server calls them.
TEXT, INT, NUMBER, BOOLEAN, GEO = "string", "int", "float64", "bool", "filters.GeoRange"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a filter speaks of: a property, perhaps behind references, its length, its count, or the object itself."""

    hops: Sequence[tuple[Property, Collection]]
    name: str
    prop: Property | None
    aspect: str


@dataclass(frozen=True, slots=True)
class Join:
    """Other filters, joined by And, Or or Not."""

    operator: str
    operands: Sequence[Filter]


@dataclass(frozen=True, slots=True)
class Condition:
    """An operator, what it speaks of, and a value with its type (or that of each)."""

    operator: str
    subject: Subject
    value: Any
    kind: str

    @property
    def shown_kind(self) -> str:
        return f"[]{self.kind}" if isinstance(self.value, list) else self.kind


Filter = Join | Condition


# Reading.


def _subject(engine: Engine, collection: Collection, path: Sequence[str], *, count: bool = False) -> Subject:
    """The subject at a path: property, class, property, class, ..., property."""
    if len(path) % 2 == 0:
        rule = "paths needs to have a uneven number of components: property, class, property, ...."
        raise Refusal(f"{rule}, got [{' '.join(path)}]")
    hops = []
    for name, class_name in zip(path[:-1:2], path[1::2], strict=True):
        hops.append((collection.prop(name), _class(engine, class_name)))
        collection = hops[-1][1]
    name = path[-1]
    if name in (ID, CREATED, UPDATED):
        return Subject(hops, name, None, "id" if name == ID else "time")
    length = name.startswith("len(") and name.endswith(")")
    prop = collection.prop(name[4:-1] if length else name)
    if prop.kind == "object" and not count:
        raise Refusal(
            "filtering on nested properties is a preview feature, disabled by default; set "
            "WEAVIATE_PREVIEW_NESTED_FILTERING=true to enable"
        )
    aspect = "length" if length else "count" if count or prop.is_reference else "value"
    return Subject(hops, prop.name, prop, aspect)


def _class(engine: Engine, name: str) -> Collection:
    return engine.catalogue.need(name, f"could not find class {name} in schema")


_MESSAGE_KINDS = {"value_text": TEXT, "value_int": INT, "value_boolean": BOOLEAN}
_MESSAGE_KINDS |= {"value_number": NUMBER, "value_geo": GEO}


def from_message(engine: Engine, collection: Collection, message: base_pb2.Filters) -> Filter:
    """A filter from gRPC; numbers and texts are brought to the property's type where the server does so."""
    name = OPERATORS[message.operator] if message.operator < len(OPERATORS) else ""
    refuse_if(not name, "unknown filter operator OPERATOR_UNSPECIFIED")
    if name in _JOINS:
        return Join(name, [from_message(engine, collection, operand) for operand in message.filters])
    path, count = list(message.on), False
    if message.HasField("target"):
        path, count = _message_path(engine, collection, message.target)
    subject = _subject(engine, collection, path, count=count)
    field = message.WhichOneof("test_value")
    if field is None:
        raise Refusal("unknown value type <nil>")
    kind, value = _MESSAGE_KINDS[field.removesuffix("_array")], getattr(message, field)
    if field.endswith("_array"):
        value = list(value.values)
    elif kind == GEO:
        value = (value.latitude, value.longitude, value.distance)
    if name != "IsNull" and (name in _CONTAINS or not isinstance(value, list)):
        value, kind = _coerced(subject, value, kind)
    return _checked(Condition(name, subject, value, kind))


def _message_path(engine: Engine, collection: Collection, target: base_pb2.FilterTarget) -> tuple[list[str], bool]:
    """A target as a path, and whether it counts references."""
    kind = target.WhichOneof("target")
    if kind == "property":
        return [target.property], False
    if kind == "count":
        return [target.count.on], True
    if kind is None:
        return [], False
    hop: Any = getattr(target, kind)
    if kind == "multi_target":
        class_name = hop.target_collection
    else:
        class_name, *others = types = collection.prop(hop.on).data_type
        refuse_if(others, f"expected reference property with a single target, got [{' '.join(types)}] for {hop.on}")
    path, count = _message_path(engine, _class(engine, class_name), hop.target)
    return [hop.on, class_name, *path], count


def _coerced(subject: Subject, value: Any, kind: str) -> tuple[Any, str]:
    """A value in the type that the subject needs, where gRPC lets one pass for the other."""
    wanted = _wanted(subject)
    if wanted not in (INT, NUMBER) or kind not in (INT, NUMBER, TEXT):
        return value, kind
    if not isinstance(value, list):
        return _number(value, kind, wanted), wanted
    return (value, kind) if kind == TEXT else ([_number(item, kind, wanted) for item in value], wanted)


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


_REST_KINDS = {"valueInt": INT, "valueNumber": NUMBER, "valueBoolean": BOOLEAN, "valueGeoRange": GEO}
_REST_KINDS |= dict.fromkeys(("valueText", "valueString", "valueDate"), TEXT)
_REST_NAMES = {kind: f"value{kind.capitalize()}" for kind in ("text", "int", "number", "boolean", "date")}
_REST_NAMES["geoCoordinates"] = "valueGeoRange"


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
        return Join(name, [_from_where(engine, collection, operand) for operand in operands])
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
    return _checked(Condition(name, subject, value, kind))


def _check_rest(subject: Subject, name: str, field: str) -> None:
    """Refuse a value under another key than the subject's."""
    prop, wanted = subject.prop, ["valueInt"]
    if name == "IsNull":
        wanted, text = ["valueBoolean"], f"operator IsNull requires a booleanValue, got {field} instead"
    elif subject.aspect == "length":
        text = f'Filtering for property length requires IntValue, got "{field}" instead'
    elif subject.aspect == "count":
        text = f'Property {subject.name!r} is a ref prop. Only "valueInt" can be used on a ref prop directly'
    elif prop is None:
        return
    elif prop.kind == "uuid":
        wanted = ["valueText", "valueString"]
        text = f'property "{prop.name}" is of type "uuid" or "uuid[]": specify uuid as string using "valueText"'
    elif prop.kind not in _REST_NAMES:
        raise Refusal(f'data type "{prop.type}" not supported in query')
    else:
        only = _REST_NAMES[prop.kind]
        wanted = [only, only.replace("Text", "String")]
        text = f'data type filter cannot use "{field}" on type "{prop.type}", use "{only}" instead'
    refuse_if(field not in wanted, text)


def _checked(node: Condition) -> Condition:
    """Refuse what the schema alone tells to be impossible."""
    prop = node.subject.prop
    if node.subject.aspect == "length":
        if node.operator not in _COMPARE:
            supported = "(not) equal and greater/less than (equal)"
            number = OPERATORS.index(node.operator)
            raise Refusal(f"Filtering for property length supports operators {supported}, got {number} instead")
        if isinstance(node.value, int) and node.value < 0:
            raise Refusal(f"Can only filter for positive property length got {node.value} instead")
    elif prop and prop.kind == "uuid" and node.operator in ("Like", "WithinGeoRange"):
        raise Refusal(f'operator "{node.operator}" cannot be used on uuid/uuid[] props')
    return node


# Evaluating.


def evaluate(engine: Engine, shard: Shard, node: Filter) -> Rows:
    """The rows of a shard that a filter matches, none of them dead."""
    name = shard.collection.name.lower()
    with within(f"search: object search at index {name}: local shard object search {name}_{shard.name}: "):
        return _matching(engine, shard, node)


def _matching(engine: Engine, shard: Shard, node: Filter) -> Rows:
    return _Evaluation(engine, shard).rows(node) & shard.index.all


class _Evaluation:
    def __init__(self, engine: Engine, shard: Shard) -> None:
        self.engine = engine
        self.shard = shard
        self.collection = shard.collection
        self.index = shard.index

    def rows(self, node: Filter) -> Rows:
        if isinstance(node, Join):
            return self._join(node)
        subject = node.subject
        if subject.hops:
            return self._behind(node)
        if subject.aspect == "time":
            self._need_indexed("Timestamps", "IndexTimestamps", "InvertedIndexConfig")
        if node.operator in _CONTAINS:
            return self._contains(node)
        if (prop := subject.prop) is None:
            return self._id(node) if subject.aspect == "id" else self._time(node)
        if node.operator == "IsNull":
            return self._null(node, prop)
        if subject.aspect == "value":
            return self._value(node, prop)
        return self._length(node, prop) if subject.aspect == "length" else self._count(node, prop)

    def _join(self, node: Join) -> Rows:
        refuse_if(not node.operands, f'{_RESOLVE}no children for operator "{node.operator}"')
        if node.operator == "Not" and len(node.operands) > 1:
            raise Refusal(f'{_RESOLVE}too many children for operator "Not". Expected 1, given {len(node.operands)}')
        found = [self._nested(i, operand) & self.index.all for i, operand in enumerate(node.operands)]
        if node.operator == "Not":
            return self.index.all ^ found[0]
        return functools.reduce(operator.and_ if node.operator == "And" else operator.or_, found)

    def _nested(self, position: int, node: Filter) -> Rows:
        with within(f"nested query: nested clause at pos {position}: "):
            return self.rows(node)

    def _behind(self, node: Condition) -> Rows:
        """Objects of whose references any points to an object that the rest of the filter matches."""
        (prop, target), *hops = node.subject.hops
        shard = shard_for(self.engine, target, self.shard.tenant)
        found = _matching(self.engine, shard, replace(node, subject=replace(node.subject, hops=hops)))
        references = self._structure(prop.name, "references", _reference_keys)
        keys = [(name, shard.index.uuids[row]) for row in shard.index.listed(found) for name in (target.name, "")]
        return self.index.union(rows for key in keys for rows in references.compare("Equal", key))

    def _contains(self, node: Condition) -> Rows:
        prop, wanted = node.subject.prop, _wanted(node.subject)
        if prop and prop.kind in ("geoCoordinates", *_OPAQUE):
            raise Refusal(f"unsupported type 'schema.DataType' for '{OPERATORS.index(node.operator)}' operator")
        if not isinstance(node.value, list) or node.kind != wanted:
            raise Refusal(f"value type should be []{wanted} but is {node.shown_kind}")
        parts = []
        for i, item in enumerate(node.value):
            try:
                parts.append(self._nested(i, replace(node, operator="Equal", value=item)))
            except Refusal as problem:
                if node.operator != "ContainsAny" or not problem.text.endswith(STOPWORDS_ONLY):
                    raise
        if not parts:
            refuse_if(node.operator == "ContainsAny", STOPWORDS_ONLY)
            inner, name = ("", "And") if node.operator == "ContainsAll" else ("nested NOT query: ", "Or")
            raise Refusal(f'{_RESOLVE}{inner}no children for operator "{name}"')
        found = functools.reduce(operator.and_ if node.operator == "ContainsAll" else operator.or_, parts)
        return self.index.all & ~found if node.operator == "ContainsNone" else found

    # What a property has.

    def _value(self, node: Condition, prop: Property) -> Rows:
        refuse_if(prop.kind in _OPAQUE, f'data type "{prop.type}" not supported in query')
        if prop.kind == "text":
            return self._text(node, prop)
        if prop.kind == "geoCoordinates":
            return self._geo(node, prop)
        key = _key(node, prop)
        self._need_filterable(prop)
        values = self._structure(prop.name, "values", _value_keys(prop))
        found = self._compare(node.operator, values, key, prop.type)
        if node.operator == "NotEqual" and not prop.filterable:
            return found & self.index.union(values.matching(lambda _: True))  # the range index knows no absent values
        return found

    def _text(self, node: Condition, prop: Property) -> Rows:
        _need(node, TEXT, "expected value to be string, got '{}'")
        self._need_filterable(prop)
        tokens = self._structure(prop.name, "tokens", lambda value: set(prop.tokens(value)))
        if node.operator == "Like":
            lists = [tokens.matching(pattern.fullmatch) for pattern in prop.analyzer.patterns(node.value)]
        elif node.operator in _COMPARE:
            lists = [tokens.compare(node.operator, term) for term in prop.analyzer.query(node.value)]
        else:
            raise Refusal(f"operator {node.operator} is not supported on text properties")
        refuse_if(not lists, STOPWORDS_ONLY)
        found = map(self.index.union, lists)
        if node.operator == "NotEqual":
            return self.index.all & ~functools.reduce(operator.or_, found)
        return functools.reduce(operator.and_, found)

    def _compare(self, name: str, inverted: Inverted, key: Any, what: str) -> Rows:
        refuse_if(name not in _COMPARE, f"operator {name} is not supported on {what} properties")
        found = self.index.union(inverted.compare(name, key))
        return self.index.all & ~found if name == "NotEqual" else found

    def _geo(self, node: Condition, prop: Property) -> Rows:
        refuse_if(node.kind != GEO, f"expected value to be {GEO}, got {node.shown_kind}")
        if node.operator != "WithinGeoRange":
            raise Refusal(f"operator {node.operator} is not supported on geoCoordinates properties")
        if not prop.filterable:
            raise _not_indexed(prop.name)
        latitude, longitude, most = node.value
        places = enumerate(self.index.column(prop.name))
        near = [row for row, place in places if place and _haversine(place, latitude, longitude) <= most]
        return self.index.union([near])

    def _need_filterable(self, prop: Property) -> None:
        if not (prop.filterable or prop.rangeable or (prop.searchable and prop.kind == "text")):
            raise Refusal(
                f"Filtering by property '{prop.name}' requires inverted index. Is `indexFilterable` option of property "
                f"'{prop.name}' enabled? Set it to `true` or leave empty"
            )

    # What a property is.

    def _null(self, node: Condition, prop: Property) -> Rows:
        _need(node, BOOLEAN, "expected value to be bool, got {}")
        if not self.collection.inverted.get("indexNullState"):
            how = "Add `indexNullState: true` to the invertedIndexConfig"
            raise Refusal(f"Nullstate must be indexed to be filterable! {how}")
        if not prop.indexed:
            raise _not_indexed(f"{prop.name}_nullState")
        if prop.kind in ("geoCoordinates", *_OPAQUE):
            return 0
        nulls = self._structure(prop.name, "null", lambda value: (value is None or value in ("", []),))
        return self.index.union(nulls.compare("Equal", node.value)) & self._with_state(prop)

    def _with_state(self, prop: Property) -> Rows:
        """Rows that have a null state: an object written before the property was added has none while it lacks it."""
        since = self.collection.since.get(prop.name)
        if since is None:
            return self.index.all
        column = self.index.column(prop.name)
        older = [row for row, doc in enumerate(self.index.docs) if doc < since and column[row] is None]
        return self.index.all & ~self.index.union([older])

    def _length(self, node: Condition, prop: Property) -> Rows:
        self._need_indexed("Property length", "IndexPropertyLength", "invertedIndexConfig", "add")
        if not prop.indexed or not (prop.is_list or prop.is_reference or prop.kind in ("text", "uuid")):
            raise _not_indexed(f"{prop.name}_propertyLength")
        _need(node, INT, "expected value to be int, got {}")
        absent = (0,) if self.collection.inverted.get("indexNullState") else ()
        scalar = prop.kind == "uuid" and not prop.is_list  # which has no length

        def keys(value: Any) -> Iterable[Hashable]:
            return absent if value is None else () if scalar else (len(value),)

        lengths = self._structure(prop.name, "length", keys)
        return self._compare(node.operator, lengths, node.value, "length") & self._with_state(prop)

    def _count(self, node: Condition, prop: Property) -> Rows:
        _need(node, INT, "expected value to be int, got {}")
        counts = self._structure(prop.name, "count", lambda value: (len(value or ()),))
        return self._compare(node.operator, counts, node.value, "reference")

    # What an object is.

    def _id(self, node: Condition) -> Rows:
        _need(node, TEXT, "expected value to be string, got '{}'")
        ids = self._structure(ID, "values", lambda uuid: (str(UUID(bytes=uuid)),))
        if node.operator == "Like":
            return self.index.union(ids.matching(wildcard(node.value.lower()).fullmatch))
        return self._compare(node.operator, ids, normal_uuid(node.value) or node.value, "id")

    def _time(self, node: Condition) -> Rows:
        _need(node, TEXT, "expected value to be string or time.Time, got '{}'")
        times = self._structure(node.subject.name, "values", lambda value: (value,))
        return self._compare(node.operator, times, _time_key(node.value) // 1_000_000, "timestamp")

    def _need_indexed(self, what: str, setting: str, section: str, add: str = "Add") -> None:
        if not self.collection.inverted.get(setting[:1].lower() + setting[1:]):
            how = f"{add} `{setting}: true` to the {section} in {self.collection.name}"
            raise Refusal(f"{_RESOLVE}{what} must be indexed to be filterable! {how}")

    def _structure(self, column: str, kind: str, keys: Callable[[Any], Iterable[Hashable]]) -> Inverted:
        return self.index.structure(column, kind, Inverted, keys)


def _need(node: Condition, kind: str, text: str) -> None:
    """Refuse a value of another type."""
    refuse_if(node.shown_kind != kind, text.format(node.shown_kind))


def _not_indexed(name: str) -> Refusal:
    return Refusal(f"{_RESOLVE}bucket for prop {name} not found - is it indexed?")


# Keys: what values are found under.


def _key(node: Condition, prop: Property) -> Any:
    """The key of the value that a condition compares with."""
    if prop.kind == "uuid":
        _need(node, TEXT, "expected uuid filter value to be a string, got {}")
        known = normal_uuid(node.value)
        if known is None:
            raise Refusal(f"parse uuid filter value: invalid UUID length: {len(node.value)}")
        return UUID(known).bytes
    if prop.kind == "date":
        _need(node, TEXT, "expected value to be time.Time (or parseable string), got {}")
        return _time_key(node.value)
    wanted = _wanted(node.subject)
    if wanted != NUMBER or node.shown_kind != INT:
        _need(node, wanted, f"expected value to be {wanted}, got {{}}")
    return node.value


def _time_key(text: str) -> int:
    if normal_date(text) is not None:
        return instant(text)
    raise Refusal(
        f'trying parse time as RFC3339 string: parsing time {json.dumps(text)} as "2006-01-02T15:04:05Z07:00"'
    )


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
