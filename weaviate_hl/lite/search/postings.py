"""The inverted index of one text property in one shard: which documents hold a term, and how often.

Rule: always exact. After any adding and removing the index equals one built afresh from the documents that are left;
nothing is marked for later and nothing has to be compacted. The kernel names documents by its integer ids and gives
`remove` the same tokens that it gave `add`.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Documents = NDArray[np.int64]
    """Ids of documents, ascending."""

# A posting is one number, the document in the upper and the frequency in the lower 32 bits: it sorts by document, and
# numpy gets both halves as arrays without a step for each posting.
_SHIFT = 32
_LOWER = (1 << _SHIFT) - 1
_NOTHING: array[int] = array("Q")


class Postings:
    """The inverted index of one text property in one shard."""

    def __init__(self) -> None:
        self._postings: dict[str, array[int]] = {}
        self._lengths: array[int] = array("I")
        self.count = 0
        """How many documents have at least one token."""
        self._tokens = 0

    def add(self, document: int, tokens: Sequence[str]) -> None:
        """Take in a document's tokens: those of all its values, in order and with repetitions."""
        if not tokens:
            return
        if document >= len(self._lengths):
            self._lengths.extend([0] * (max(document + 1, len(self._lengths) * 9 // 8) - len(self._lengths)))
        self._lengths[document] = len(tokens)
        self.count += 1
        self._tokens += len(tokens)
        key = document << _SHIFT
        postings = self._postings
        for term, frequency in Counter(tokens).items():
            if (posting := postings.get(term)) is None:
                postings[term] = array("Q", (key | frequency,))
            elif posting[-1] < key:
                posting.append(key | frequency)
            else:
                posting.insert(bisect_left(posting, key), key | frequency)

    def remove(self, document: int, tokens: Sequence[str]) -> None:
        """Forget a document that was added with these tokens."""
        if not tokens:
            return
        self._lengths[document] = 0
        self.count -= 1
        self._tokens -= len(tokens)
        key = document << _SHIFT
        for term in set(tokens):
            posting = self._postings[term]
            del posting[bisect_left(posting, key)]
            if not posting:
                del self._postings[term]

    @property
    def average_length(self) -> float:
        """Mean number of tokens over the documents that have any."""
        return self._tokens / self.count if self.count else 0.0

    @property
    def size(self) -> int:
        """All ids of documents are below this."""
        return len(self._lengths)

    def document_frequency(self, term: str) -> int:
        """In how many documents a term occurs."""
        return len(self._postings.get(term, _NOTHING))

    def frequency(self, term: str, document: int) -> int:
        """How often a term occurs in a document."""
        posting = self._postings.get(term, _NOTHING)
        position = bisect_left(posting, document << _SHIFT)
        found = position < len(posting) and posting[position] >> _SHIFT == document
        return posting[position] & _LOWER if found else 0

    def occurrences(self, term: str) -> tuple[Documents, Documents]:
        """The documents that hold a term, ascending, and how often each does."""
        import numpy as np

        # A copy: while a view exists, its array could not grow.
        posting = np.array(self._postings.get(term, _NOTHING), np.int64)
        return posting >> _SHIFT, posting & _LOWER

    def lengths(self, documents: Documents) -> Documents:
        """The number of tokens of each document."""
        import numpy as np

        return np.asarray(np.frombuffer(self._lengths, np.uint32)[documents], np.int64)
