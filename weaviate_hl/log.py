"""The logger `weaviate_hl`, quiet until a program sets logging up; and warnings that point at the program."""

import logging

logger = logging.getLogger("weaviate_hl")
logger.addHandler(logging.NullHandler())


def warn(message: str) -> None:
    """Warn of what the line of the program that led here does."""
    import sys
    import warnings

    frame, level = sys._getframe(), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("weaviate_hl."):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, UserWarning, stacklevel=level)
