"""The command `weaviate-hl`."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from weaviate_hl.version import __version__

if TYPE_CHECKING:
    from weaviate_hl.lite.serving import Server


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and give its exit status."""
    given = _parser().parse_args(arguments)
    from weaviate_hl.lite import LiteError

    try:
        _lite(given)
    except LiteError as error:
        sys.stderr.write(f"weaviate-hl: {error}\n")
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("weaviate-hl", description="Tools beside the client for Weaviate.")
    parser.add_argument("--version", action="version", version=f"weaviate-hl {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    lite = commands.add_parser(
        "lite",
        help="serve a small Weaviate from this machine, for clients in any language",
        description="Serve a small Weaviate from this machine, for clients in any language.",
    )
    lite.add_argument("--path", help="the data file; without one, data lives in memory")
    lite.add_argument("--port", type=int, default=8080, help="of REST and gRPC-web; 0 picks a free one (%(default)s)")
    lite.add_argument("--grpc-port", type=int, default=50051, help="of gRPC; 0 picks a free one (%(default)s)")
    lite.add_argument("--host", default="127.0.0.1", help="another one than this machine's needs a key (%(default)s)")
    lite.add_argument(
        "--api-key", help="that requests must bring; the settings AUTHENTICATION_APIKEY_... keep it secret"
    )
    lite.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="by which requests may call this server, beside the host and addresses; may be given again",
    )
    lite.add_argument(
        "--approximate", action="store_true", help="search large vector indexes with usearch instead of exactly"
    )
    lite.add_argument(
        "--set",
        action="append",
        default=[],
        type=_setting,
        metavar="NAME=VALUE",
        help="a setting by the server's own name; may be given again",
    )
    return parser


def _setting(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text!r} must be NAME=VALUE")
    return name, value


def _lite(given: argparse.Namespace) -> None:
    """Serve until a signal comes."""
    from weaviate_hl.lite.serving import serve

    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with serve(
        given.path,
        host=given.host,
        port=given.port,
        grpc_port=given.grpc_port,
        api_key=given.api_key,
        allow_hosts=given.allow_host,
        settings=dict(given.set),
        approximate=given.approximate,
    ) as server:
        sys.stdout.write(_greeting(server, given.path))
        sys.stdout.flush()
        while not ended.wait(0.2):  # in steps, since signals do not wake everyone who waits on Windows
            pass


def _greeting(server: Server, path: str | None) -> str:
    key = ", auth_credentials=..." if server.needs_key else ""
    return f"""\
weaviate_hl lite, data {f"in {path}" if path else "in memory: gone when it stops"}
  REST, gRPC-web  {server.url}
  gRPC            {server.grpc_address}
  from Python     weaviate_hl.connect_to_local("{server.host}", {server.http_port}, {server.grpc_port}{key})
Ctrl-C stops it.
"""


if __name__ == "__main__":
    sys.exit(main())
