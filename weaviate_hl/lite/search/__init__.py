"""Searching, as pure algorithms: no storage, no messages, no schema objects, and no state but the kinds of index.

Documents are integer ids, given by the kernel for each shard; what the kernel orders by uuid it does through `tie`.

| module | what it does | numpy |
|---|---|---|
| `text` | tokenisations, stopwords, accent folding, patterns of `Like` | no |
| `postings` | the inverted index of one text property | when asked |
| `bm25` | keyword search | yes |
| `vectors` | the vectors of one target, distances, exact search | yes |
| `approximate` | the same, with a graph where there are many | yes |
| `combine` | several targets, hybrid search, autocut, diversity, boosts | yes |
| `top` | the best few of many, what a filter leaves | yes |
| `order` | sorting plain results, grouping | no |
| `aggregate` | figures over the values of a property | no |
| `hashing` | vectors of texts without a model | no |
| `dates` | dates and durations as numbers | no |

Nothing is imported here, so that a kernel that never searches never loads numpy. Threads are the kernel's business: an
index must not be written while it is read.
"""
