"""The HTTP library: httpx2, or plain httpx where only that is installed. Imported at connect, never before."""

try:
    import httpcore2 as httpcore
    import httpx2 as httpx
except ImportError:
    import httpcore  # type: ignore[no-redef]
    import httpx  # type: ignore[no-redef]

__all__ = ["httpcore", "httpx"]
