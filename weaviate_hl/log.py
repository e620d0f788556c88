"""The logger `weaviate_hl`, quiet until a program sets logging up; and warnings that point at the program."""

import logging

logger = logging.getLogger("weaviate_hl")
logger.addHandler(logging.NullHandler())


def warn(message: str, category: type[Warning] = UserWarning, *, each: bool = False) -> None:
    """Warn of what the line of the program that led here does.

    Args:
        message: The warning.
        category: Its kind.
        each: Whether it is of news, and shown also when the same line has led to the same words before.
    """
    import sys
    import warnings

    frame = sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("weaviate_hl."):
        frame = frame.f_back
    shown = None if each else frame.f_globals.setdefault("__warningregistry__", {})
    module = frame.f_globals.get("__name__")
    warnings.warn_explicit(message, category, frame.f_code.co_filename, frame.f_lineno, module, shown)
