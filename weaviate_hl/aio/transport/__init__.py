"""Everything that does I/O: HTTP, gRPC on its own port or over HTTP, and tokens. Above it there are only values."""
