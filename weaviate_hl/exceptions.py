"""The errors, under the name that programs know."""

from weaviate_hl.errors import *  # noqa: F403
