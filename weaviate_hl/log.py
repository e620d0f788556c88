"""The logger `weaviate_hl`: quiet until a program sets logging up."""

import logging

logger = logging.getLogger("weaviate_hl")
logger.addHandler(logging.NullHandler())
