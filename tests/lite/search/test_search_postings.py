"""The inverted index of a text property: any adding and removing leaves it as if built afresh."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from weaviate_hl.lite.search.postings import Postings

Tokens = st.lists(st.sampled_from("abc"), max_size=4)


@given(st.lists(Tokens, max_size=8), st.lists(st.tuples(st.integers(0, 7), Tokens), max_size=12))
def test_adding_and_removing_equals_building_afresh(
    texts: list[list[str]], writes: list[tuple[int, list[str]]]
) -> None:
    index = Postings()
    now = dict(enumerate(texts))
    for document, tokens in now.items():
        index.add(document, tokens)
    for document, tokens in writes:
        index.remove(document, now.pop(document, []))
        index.add(document, tokens)
        now[document] = tokens
    having = [document for document in sorted(now) if now[document]]
    assert index.count == len(having)
    if having:
        assert index.average_length == sum(map(len, now.values())) / len(having)
        assert list(index.lengths(np.array(having))) == [len(now[document]) for document in having]
    for term in "abc":
        documents, frequencies = index.occurrences(term)
        assert list(documents) == [document for document in having if term in now[document]]
        assert list(frequencies) == [now[document].count(term) for document in documents]
        assert index.document_frequency(term) == len(documents)
        assert [index.frequency(term, document) for document in having] == [now[d].count(term) for d in having]
