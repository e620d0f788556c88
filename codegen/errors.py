"""What goes wrong for a user of codegen, as one clear line."""


class CodegenError(Exception):
    """A bad input or a failed tool; the command prints its text as one line and ends with status 1."""
