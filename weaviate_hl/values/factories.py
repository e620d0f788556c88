"""How the factories of values/providers.py hold what they are given to its types, and put it together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn

from weaviate_hl.errors import WeaviateInvalidInputError
from weaviate_hl.values.base import Check, Json, present
from weaviate_hl.values.configuration import (
    Label,
    Multi2VecField,
    MultiVectorConfigCreate,
    MultiVectorEncodingConfigCreate,
    QuantizerConfigCreate,
    VectorIndexConfigCreate,
    VectorIndexConfigHNSWCreate,
)


class FactoryCheck(Check):
    """Holds the arguments of a factory to their types, each and together."""

    __slots__ = ()

    def secret(self, name: str, value: str, *, required: bool = True) -> str:
        return self.text(name, value, required=required, nonempty=True)

    def label(self, name: str, value: str | None, prefix: str, *, required: bool = False) -> Label | None:
        """A value of a gRPC enumeration, whose labels begin with `prefix`; `fill` knows whether there is one."""
        self.text(name, value, required=required)
        return None if value is None else Label(f"{prefix}_{value.upper()}")

    def url(self, name: str, value: str | None, *, required: bool = False) -> str | None:
        """An address, with a path: servers join theirs to it."""
        if hasattr(value, "scheme") and hasattr(value, "host"):
            value = str(value)  # the address classes of pydantic and HTTP libraries
        self.text(name, value, required=required)
        if value is None:
            return None
        scheme, _, rest = value.partition("://")
        host = min((rest.partition(mark)[0] for mark in "/?#"), key=len)
        if scheme.lower() not in ("http", "https") or not host:
            self.refuse(name, "an address that begins with http:// or https://", value)
        path = rest[len(host) :]
        return value if path.startswith("/") else f"{scheme}://{host}/{path}"

    def seconds(self, name: str, value: object, *, required: bool = False) -> int | None:
        """Whole seconds, of an int or a timedelta."""
        if value is None and not required:
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        from datetime import timedelta  # costs time to import, and few need it

        if not isinstance(value, timedelta) or value % timedelta(seconds=1):
            self.refuse(name, "an int or a timedelta, in whole seconds", value)
        return value // timedelta(seconds=1)

    def field(self, name: str, value: str, *, required: bool = True) -> list[str]:
        """One property that travels as a list."""
        return [self.text(name, value, required=True)]

    def fields(
        self, name: str, value: Sequence[str | Multi2VecField] | None, *, required: bool = False
    ) -> list[str] | None:
        """The names of properties; their weights travel apart (`weights`)."""
        if value is None and not required:
            return None
        if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
            self.refuse(name, "a list of str or of Multi2VecField", value)
        if len({isinstance(one, Multi2VecField) and one.weight is not None for one in value}) > 1:
            self.refuse(name, "a list in which all properties have a weight, or none", value)
        names = [one.name if isinstance(one, Multi2VecField) else one for one in value]
        return self.texts(name, names)

    def text_lists(
        self, name: str, value: Mapping[str, Sequence[str]] | None, *, required: bool = False
    ) -> dict[str, list[str] | None] | None:
        if value is None and not required:
            return None
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            self.refuse(name, "a dict with str as keys and lists of str as values", value)
        return {key: self.texts(f"{name}[{key!r}]", one, required=True) for key, one in value.items()}

    # What several arguments say together.

    def index(
        self,
        *,
        vector_index_config: VectorIndexConfigCreate | None = None,
        quantizer: QuantizerConfigCreate | None = None,
    ) -> VectorIndexConfigCreate | None:
        """The index of a vector: as given, with the quantizer in it; hnsw when only a quantizer is given."""
        index = self.config("vector_index_config", vector_index_config, VectorIndexConfigCreate)
        self.config("quantizer", quantizer, QuantizerConfigCreate)
        if quantizer is None:
            return index
        index = index or VectorIndexConfigHNSWCreate()
        if not index.takes_quantizer:
            self._clash("this `vector_index_config` takes no `quantizer`; those of a dynamic index go into its parts")
        if index.quantizer not in (None, quantizer):
            self._clash("`quantizer` and `vector_index_config` each name a quantizer")
        return type(index)(settings=index.settings, quantizer=quantizer, multi_vector=index.multi_vector)

    def multi_vector_index(
        self,
        *,
        vector_index_config: VectorIndexConfigCreate | None = None,
        quantizer: QuantizerConfigCreate | None = None,
        multi_vector_config: MultiVectorConfigCreate | None = None,
        encoding: MultiVectorEncodingConfigCreate | None = None,
    ) -> VectorIndexConfigCreate:
        """The same for a multi-vector, which always has an index that says so."""
        index = (
            self.index(vector_index_config=vector_index_config, quantizer=quantizer) or VectorIndexConfigHNSWCreate()
        )
        self.config("multi_vector_config", multi_vector_config, MultiVectorConfigCreate)
        self.config("encoding", encoding, MultiVectorEncodingConfigCreate)
        if not index.takes_multi_vector:
            self._clash("this `vector_index_config` takes no multi-vectors; hnsw does")
        if multi_vector_config is not None and index.multi_vector not in (None, multi_vector_config):
            self._clash("`multi_vector_config` and `vector_index_config` each say how multi-vectors are indexed")
        multi_vector = multi_vector_config or index.multi_vector or MultiVectorConfigCreate(settings={"enabled": True})
        if encoding is not None:
            if multi_vector.encoding not in (None, encoding):
                self._clash("`encoding` is given twice")
            multi_vector = MultiVectorConfigCreate(settings=multi_vector.settings, encoding=encoding)
        return type(index)(settings=index.settings, quantizer=index.quantizer, multi_vector=multi_vector)

    def together(self, **arguments: object) -> None:
        """All of them or none."""
        missing = [name for name, value in arguments.items() if value is None]
        if missing and len(missing) < len(arguments):
            self._clash(f"{' and '.join(f'`{name}`' for name in arguments)} are given together or not at all")

    def unsent(self, name: str, value: object, default: object) -> None:
        """Warn when an argument is given that older code knows and no server does."""
        if value is not None and value != default:
            import warnings

            warnings.warn(f"{self.call}: `{name}` has no effect", UserWarning, stacklevel=3)

    def _clash(self, problem: str) -> NoReturn:
        raise WeaviateInvalidInputError(f"{self.call}: {problem}")


def group(settings: Json) -> Json | None:
    """What is `present` in a group inside, which is itself not given when nothing in it is."""
    return present(settings) or None


def weights(fields: Mapping[str, Sequence[str | Multi2VecField] | None]) -> dict[str, list[float]] | None:
    """The weights of properties, by the key on the wire; none when none was given."""
    given = {
        key: [one.weight for one in value if isinstance(one, Multi2VecField) and one.weight is not None]
        for key, value in fields.items()
        if value
    }
    return {key: value for key, value in given.items() if value} or None
