"""What changed between two versions of the server's interface, and which changes break older clients.

REST and gRPC are trees of one form; one function compares two trees, and one table, RULES, says what breaks a
client that was generated from the old version (tree.py builds the trees). Pure functions, but for reading the folders.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from codegen.openapi import JSON, kind
from codegen.swagger import canonical
from codegen.tree import FLAGS, REQUEST, RESPONSE, TYPES, Node, read

# What a change can belong to, in the order of a report, with the heading it stands under in the text.
SECTIONS = {"server": "server", "operation": "operations", "schema": "schemas", "service": "services", "rpc": "rpcs",
            "message": "messages", "enum type": "enums"}  # fmt: skip
# Changes of other kinds are not of a thing as a whole, but of something said of it.
THINGS = {*SECTIONS, "parameter", "body", "response", "field", "base", "enum", "enum value", "tag"}
COUNTED = ("path", "operation", "schema", "rpc", "message", "field", "enum value")
# What a type consists of, beside its parts. Where the type becomes another, these are no changes of their own.
LOWER, UPPER = "minimum|minLength|minItems", "maximum|maxLength|maxItems"
SHAPE = {"type", "format", "style", "explode", "pattern", "additionalProperties", "undeclared required",
         *LOWER.split("|"), *UPPER.split("|")}  # fmt: skip
ANY, BOTH = "added|removed|changed", f"{REQUEST}|{RESPONSE}"
SIGNS = {"added": "+", "removed": "-", "changed": "~"}
SHOWN = 8


class Change(NamedTuple):
    """One difference; `of` is the kind and the name of the operation, schema, message... that it belongs to."""

    area: str
    kind: str
    change: str
    where: str
    before: Any
    after: Any
    reason: str
    of: tuple[str, str]

    @property
    def breaking(self) -> bool:
        """Whether a client that was generated from the old version may fail; `reason` says why."""
        return bool(self.reason)


Counts = dict[str, tuple[int, int, int]]


class Report(NamedTuple):
    """All differences in a fixed order; by area and kind, how many things were added, removed, and changed within."""

    old_version: str
    new_version: str
    changes: list[Change]
    counts: dict[str, Counts]


NOTHING = Node("", {}, {})


def compare(old: Path, new: Path) -> Report:
    """The differences between two folders, each a spec folder or laid out as a checkout of the server."""
    (old_version, *before), (new_version, *after) = read(old), read(new)
    report = Report(old_version, new_version, [], {})
    for area, trees in zip(("rest", "grpc"), zip(before, after, strict=True), strict=True):
        found = sorted(Comparison(area, *trees).changes(), key=_place)
        report.changes.extend(found)
        report.counts[area] = _counts(*trees, found)
    return report


# What breaks.


class Case(NamedTuple):
    """What a rule looks at: a difference, the things it is between (or NOTHING), what these are parts of, one use."""

    before: Any
    after: Any
    old: Node
    new: Node
    within: tuple[Node, Node]
    use: str
    trees: Comparison


class Rule(NamedTuple):
    """Such a change of one of these kinds breaks older clients that meet it in one of these uses, if `when` holds."""

    kinds: str
    changes: str
    uses: str
    reason: str
    when: Callable[[Case], object] = lambda _: True


def _required(case: Case) -> bool:
    """Whether the thing must be there; a schema that another one includes brings its fields along."""
    side, types = (case.old, case.trees.old) if case.old.kind else (case.new, case.trees.new)
    fields = types.get(side.facts["type"], NOTHING).parts.values() if side.kind == "base" else [side]
    return any(field.facts.get("required") for field in fields)


def _counted_on(case: Case) -> bool:
    """Whether readers cannot tell that it is gone: in gRPC it reads as zero or empty then, unless it has presence."""
    facts = case.old.facts
    message = case.trees.old.get(facts["type"], NOTHING).kind == "message"
    silent = facts.get("repeated") or not (message or facts.get("optional") or "oneof" in facts)
    return _required(case) if case.trees.area == "rest" else bool(silent)


def _no_heir(case: Case) -> bool:
    """Types have no names on the wire: one that lives on under another name is not gone."""
    added = (node for name, node in case.trees.new.items() if name not in case.trees.old)
    return not any(_outline(heir) == _outline(case.old) for heir in added)


def _more_exclusive(case: Case) -> bool:
    """Whether its oneof now excludes fields that could be set beside it; the name of a oneof is not on the wire."""

    def peers(message: Node, oneof: str | None) -> set[str]:
        return {name for name, part in message.parts.items() if oneof and part.facts.get("oneof") == oneof}

    old, new = case.within
    joined = peers(new, case.after) - peers(old, case.before)
    return any(old.parts.get(name, case.old) is not case.old for name in joined)


# Our clients tolerate new fields and enum values, absent and null where a field is optional, and errors of any form. So
# what is met in errors only never breaks them, nor does what no operation of the old version used. Defaults are applied
# by the server, formats by nobody, and names of operations and types are not on the wire.
RULES = (
    Rule("operation|service|rpc", "removed", REQUEST, "older clients call it"),
    Rule("parameter|body|field|base|enum value", "removed", REQUEST, "older clients send it"),
    Rule("parameter|body|field|base", "added", REQUEST, "older clients do not send it", _required),
    Rule("field|base", "removed", RESPONSE, "older clients count on it", _counted_on),
    Rule("response", "removed", RESPONSE, "older clients take this status for success"),
    Rule("response", "added", RESPONSE, "older clients take this status for a failure"),
    Rule("schema|message|enum type", "removed", BOTH, "older clients use it", _no_heir),
    Rule("type", "changed", BOTH, "older clients use the old type", lambda c: not c.trees.fits(c.old, c.new, c.use)),
    Rule("type", "removed", RESPONSE, "older clients expect a body"),
    Rule("required", "changed", REQUEST, "older clients may leave it out", lambda c: c.after),
    Rule("required", "changed", RESPONSE, "older clients count on it", lambda c: c.before),
    Rule("undeclared required", "added|changed", REQUEST, "older clients may leave it out"),
    Rule("nullability", "changed", REQUEST, "older clients may send null", lambda c: c.before),
    Rule("readOnly", "changed", REQUEST, "older clients may send it", lambda c: c.after),
    Rule("enum", "added", REQUEST, "older clients may send other values"),
    Rule("additionalProperties", ANY, REQUEST, "older clients may send other fields", lambda c: c.after is False),
    Rule("pattern", "added|changed", REQUEST, "older clients may send what does not match"),
    Rule(LOWER, "added", REQUEST, "older clients may send less"),
    Rule(LOWER, "changed", REQUEST, "older clients may send less", lambda c: c.after > c.before),
    Rule(UPPER, "added", REQUEST, "older clients may send more"),
    Rule(UPPER, "changed", REQUEST, "older clients may send more", lambda c: c.after < c.before),
    Rule("style|explode", "changed", REQUEST, "older clients write lists the old way"),
    Rule("content types", "added|changed", BOTH, "older clients speak JSON only", lambda c: JSON not in c.after),
    Rule("servers", ANY, REQUEST, "older clients use the old path"),
    Rule("field number|enum value number", "changed", BOTH, "older clients use the old number"),
    Rule("repeated|stream", "changed", BOTH, "one and many differ on the wire"),
    Rule("oneof", ANY, REQUEST, "older clients may set several of them", _more_exclusive),
)


def _reason(name: str, how: str, cases: list[Case]) -> str:
    rules = [rule for rule in RULES if name in rule.kinds.split("|") and how in rule.changes]
    return next((rule.reason for rule in rules for case in cases if case.use in rule.uses and rule.when(case)), "")


# Two trees.


class Comparison:
    """Two trees of one area, their types by name, and the uses in which clients of the old version meet each type."""

    def __init__(self, area: str, old: Node, new: Node) -> None:
        self.area, self.trees = area, (old, new)
        self.old, self.new = ({name: n for name, n in _walk(tree) if n.kind in TYPES} for tree in (old, new))
        self.uses: dict[str, set[str]] = {name: set() for name in self.old}
        self.assumed: set[tuple[int, int, str]] = set()
        self._follow(old, "")

    def changes(self) -> Iterator[Change]:
        """Every difference, once."""
        return self._between(*self.trees, "", ("", ""), set(), (NOTHING, NOTHING))

    def fits(self, old: Node, new: Node, use: str) -> bool:
        """Whether who sends (or reads) the old type gets along with who reads (or sends) the new one."""
        before, after = self.old.get(old.facts["type"], old), self.new.get(new.facts["type"], new)
        if before is old and after is new and old.facts["type"] != new.facts["type"]:
            narrow, wide = (old, new) if use == REQUEST else (new, old)
            wider, narrower = _plain_type(wide), _plain_type(narrow)
            return wider in (narrower, "any") or (wider, narrower) == ("number", "integer")
        key = id(before), id(after), use
        if key in self.assumed:  # a type that holds itself fits if the rest of it does
            return True
        self.assumed.add(key)
        found = self._between(_bare(before), _bare(after), "", ("", ""), {use}, (NOTHING, NOTHING))
        result = not any(change.breaking for change in found)
        self.assumed.discard(key)
        return result

    def _follow(self, node: Node, use: str) -> None:
        """Note a use for the types that a thing refers to; those that it only holds are met elsewhere, if at all."""
        name = node.facts.get("type")
        if name in self.old and use not in self.uses[name]:
            self.uses[name].add(use)
            self._follow(self.old[name], use)
        for part in node.parts.values():
            if part.kind not in TYPES:
                self._follow(part, part.use or use)

    def _between(
        self, old: Node, new: Node, where: str, of: tuple[str, str], uses: set[str], within: tuple[Node, Node]
    ) -> Iterator[Change]:
        def change(name: str, how: str, before: Any, after: Any) -> Change:
            cases = [Case(before, after, old, new, within, use, self) for use in sorted(uses)]
            return Change(self.area, name, how, where, before, after, _reason(name, how, cases), of)

        node = old if old.kind else new
        of = (node.kind, where) if node.kind in SECTIONS else of
        if node.kind in TYPES and where:
            uses = self.uses.get(where, set())
        elif node.use:
            uses = {node.use}
        if not (old.kind and new.kind):
            yield change(node.kind, _how(old.kind, new.kind), *(_outline(s) if s.kind else None for s in (old, new)))
            return
        names, types = old.facts.keys() | new.facts.keys(), [side.facts.get("type") for side in (old, new)]
        if types[0] != types[1]:
            yield change("type", _how(*types), *(_outline(_bare(side)) or None for side in (old, new)))
            names -= SHAPE
        for name in sorted(names):
            before, after = (side.facts.get(name, False if name in FLAGS else None) for side in (old, new))
            present = [name in FLAGS or name in side.facts for side in (old, new)]
            texts = [json.dumps(value, sort_keys=True) for value in (before, after)]  # `==` would take 1 for True
            if present[0] != present[1] or texts[0] != texts[1]:
                title = {"nullable": "nullability", "number": f"{node.kind} number"}.get(name, name)
                yield change(title, _how(*present), before, after)
        for was, became in _pairs(old, new) if types[0] == types[1] else ():
            parts = old.parts.get(was, NOTHING), new.parts.get(became, NOTHING)
            yield from self._between(*parts, where + (was or became), of, uses, (old, new))


def _pairs(old: Node, new: Node) -> list[tuple[str, str]]:
    """The parts to compare, by name; in gRPC one that has another name, but its number still, has been renamed."""
    fresh = {name: part.facts.get("number") for name, part in new.parts.items() if name not in old.parts}
    renamed = {number: name for name, number in fresh.items() if number is not None}
    numbers = {name: part.facts.get("number") for name, part in old.parts.items()}
    pairs = {name: name if name in new.parts else renamed.get(numbers[name], "") for name in old.parts}
    return [*pairs.items(), *(("", name) for name in fresh if name not in pairs.values())]


def _how(old: object, new: object) -> str:
    return "changed" if old and new else "added" if new else "removed"


def _walk(node: Node, where: str = "") -> Iterator[tuple[str, Node]]:
    for name, part in node.parts.items():
        yield where + name, part
        yield from _walk(part, where + name)


def _bare(node: Node) -> Node:
    """The type of a thing without what is said of the thing itself."""
    return Node(node.kind, {name: value for name, value in node.facts.items() if name in SHAPE}, node.parts)


def _plain_type(node: Node) -> str:
    """A type that is no reference, as it travels: declared numbers may be integers, bare objects are anything."""
    anything = node.facts["type"] == "object" and not node.parts and "additionalProperties" not in node.facts
    return "any" if anything else kind(node.facts)


# Writing.


def _outline(node: Node) -> Any:
    """All of a thing as JSON; what is nothing but a type, or a value, is just that."""
    inner = {name: value for name, value in node.facts.items() if name != "name"}
    if node.kind == "enum":
        return [_outline(value) for value in node.parts.values()]
    for name, part in node.parts.items():
        if name.strip(" []{}") in ("", part.kind):  # there is only one of it
            inner[part.kind] = _outline(part)
        else:
            inner.setdefault(f"{part.kind}s", {})[name.lstrip(" .")] = _outline(part)
    return next(iter(inner.values())) if inner.keys() in ({"type"}, {"value"}) else inner


def to_json(report: Report) -> str:
    """The report for programs: every change, with all that was there before and after."""
    changes = [{**change._asdict(), "of": change.of[1], "breaking": change.breaking} for change in report.changes]
    counts = {
        area: {kind: dict(zip(SIGNS, numbers, strict=True)) for kind, numbers in of.items()}
        for area, of in report.counts.items()
    }
    versions = {"old": report.old_version, "new": report.new_version}
    return canonical(
        {**versions, "counts": counts, "breaking": sum(c.breaking for c in report.changes), "changes": changes}
    ).rstrip("\n")


def to_text(report: Report) -> str:
    """The report for people: how much, what breaks and why, and then the rest by what it belongs to."""
    title = f"{report.old_version} -> {report.new_version}"
    if not report.changes:
        return f"{title}: no change in the interface"
    breaking = [f"  ! {_line(change, '')} ({change.reason})" for change in report.changes if change.breaking]
    totals = [total for area, counts in report.counts.items() if (total := _total(area, counts))]
    lines = [f"{title}: {'; '.join([*totals, f'breaking: {len(breaking)}'])}"]
    if breaking:
        lines += ["", "breaking", *breaking]
    groups: dict[str, dict[str, list[Change]]] = {}
    for change in report.changes:
        if not change.breaking:
            groups.setdefault(SECTIONS[change.of[0]], {}).setdefault(change.of[1], []).append(change)
    for heading, owners in groups.items():
        lines += ["", heading]
        for name, changes in owners.items():
            details = "; ".join(_line(change, name) for change in changes)
            lines.append(f"  {_line(changes[0], '')}" if changes[0].kind in SECTIONS else f"  ~ {name}: {details}")
    return "\n".join(lines)


def _total(area: str, counts: Counts) -> str:
    parts = [f"{kind}s +{a} -{r}" + (f" ~{c}" if c else "") for kind, (a, r, c) in counts.items() if a or r or c]
    return f"{area} {', '.join(parts)}" if parts else ""


def _line(change: Change, owner: str) -> str:
    """One change in a few words; its place is told relative to what it belongs to."""
    place = change.where.removeprefix(owner).lstrip(" .")
    if change.kind not in THINGS and (not place or (change.kind, change.change) != ("type", "changed")):
        place = f"{place} {change.kind}".strip()
    if change.change == "changed":
        return f"~ {place}: {_brief(change.before)} -> {_brief(change.after)}"
    value = _brief(change.after if change.change == "added" else change.before)
    said = change.kind in THINGS and (value == "{}" or place.endswith(f"= {value}"))
    return f"{SIGNS[change.change]} {place}" + ("" if said else f" {value}" if value.startswith("= ") else f": {value}")


def _brief(value: Any) -> str:
    if isinstance(value, list):
        return _listed([_brief(item) for item in value])
    if not isinstance(value, dict):
        return value if isinstance(value, str) and value else json.dumps(value)
    if "responses" in value:
        takes = [name for name in value.get("parameters", ()) if not name.startswith("path ")]
        takes += [_brief(value["body"]).removeprefix("required ")] if "body" in value else []
        gives = [_brief(body) if body else status for status, body in value["responses"].items() if status < "300"]
        return " -> ".join([_listed(takes), _listed(gives)]).strip()
    if "request" in value:
        return f"{_brief(value['request'])} -> {_brief(value['reply'])}"
    members = [name for kind in ("bases", "fields", "enum values", "rpcs") for name in value.get(kind, ())]
    words = [name for name in ("deprecated", "required", "stream", "repeated", "optional") if value.get(name)]
    inner = value.get("items", value.get("values"))
    words += [f"{{{_listed(members)}}}"] if members else [value.get("type", "")]
    words += [f"of {_brief(inner)}"] if inner else []
    words += [f"of {_brief(value['enum'])}"] if "enum" in value else []
    words += [f"({value['format']})"] if "format" in value else []
    words += [f"= {value['number']}"] if "number" in value else []
    return " ".join(filter(None, words)) or json.dumps(value)


def _listed(names: list[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join(names if more <= 1 else [*names[:SHOWN], f"{more} more"])


def _place(change: Change) -> tuple[int, list[str], str, str]:
    """By what it belongs to; operations by their path."""
    kind, name = change.of
    return list(SECTIONS).index(kind), name.split(" ")[::-1], change.where, change.kind


def _counts(old: Node, new: Node, changes: list[Change]) -> Counts:
    was, now = _census(old), _census(new)
    within = {change.of for change in changes if change.kind not in SECTIONS}
    added, removed, changed = (Counter(kind for kind, _ in things) for things in (now - was, was - now, within))
    known = {kind for kind, _ in was | now}
    return {kind: (added[kind], removed[kind], changed[kind]) for kind in COUNTED if kind in known}


def _census(tree: Node) -> set[tuple[str, str]]:
    """All things by kind and name, and the paths of the operations."""
    things = {(node.kind, where) for where, node in _walk(tree)}
    return things | {("path", name.split(" ")[1]) for kind, name in things if kind == "operation"}
