"""Turns specs/ (the server's interface as data) into code: `python -m codegen`.

Each stage is a module of this package that reads the repository and writes whole files into an `Output`; nothing in the
repository changes before all stages of a run have succeeded.
"""
