"""What all errors of this client share."""

from __future__ import annotations

import pytest

from weaviate_hl import errors
from weaviate_hl.settings import ConnectionParams


def test_a_message_quotes_something_endless_at_its_ends_only() -> None:
    with pytest.raises(errors.WeaviateInvalidInputError) as caught:
        ConnectionParams.from_params("one/" + "x" * 100_000 + "/end", 8080, False, "localhost", 50051, False)
    said = str(caught.value)
    assert len(said) < 2000
    assert said.startswith("http_host: must be a name or an address without scheme and port, got 'one/xxx")
    assert said.endswith("xxx/end'")
    assert said.count(" characters more) ... ") == 1


def test_what_the_server_said_is_whole() -> None:
    error = errors.from_answer("Asking", 422, "x" * 100_000)
    assert error.server_text == "x" * 100_000
    assert len(error.message) < 2000
    assert len(errors.WeaviateQueryError("y" * 2000).message) == 2000
