"""The command line of codegen; scripts/regen.sh calls it in its own pinned environment."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from codegen import check, diff, importer, pipeline
from codegen.errors import CodegenError
from codegen.output import Output


def main(arguments: list[str] | None = None) -> int:
    """Run one command; a CodegenError becomes one line on stderr and status 1."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C, with everything put back
    try:
        return int(options.run(options) or 0)
    except CodegenError as error:
        print(f"codegen: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("codegen: interrupted, nothing was changed", file=sys.stderr)
        return 130
    except Exception as error:
        if os.environ.get("CODEGEN_DEBUG"):
            raise
        told = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        print(f"codegen: {told} (with CODEGEN_DEBUG=1: where)", file=sys.stderr)
        return 1


def _regenerate(options: argparse.Namespace) -> int:
    """Import if asked, generate everything, check it, swap it in, and say what changed for a user."""
    imported = bool(options.server or options.folder)
    if not imported and (options.sha256 or options.base_url != importer.BASE_URL):
        raise CodegenError("--sha256 and --base-url go with --server or --from")
    with pipeline.workspace() as output:
        if imported:
            _import(output, options)
        pipeline.run(output, pipeline.STAGES)
        pipeline.verify(output)
        report = ""
        if imported and (output.root / "specs/server.toml").exists():
            report = diff.to_text(diff.compare(output.root / "specs", output.new / "specs"))
        pipeline.swap(output, [*(pipeline.SPECS if imported else ()), *pipeline.outputs(pipeline.STAGES)])
    if report:
        print(report)
    return 0


def _import_only(options: argparse.Namespace) -> int:
    if not (options.server or options.folder):
        raise CodegenError("import needs --from FOLDER or --server VERSION")
    with pipeline.workspace() as output:
        _import(output, options)
        pipeline.swap(output, pipeline.SPECS)
    return 0


def _import(output: Output, options: argparse.Namespace) -> None:
    if options.folder:
        importer.from_folder(output, options.folder, options.sha256)
    else:
        importer.from_server(output, options.server, options.base_url, options.sha256)
    for name in ("additions.toml", "descriptions.toml"):  # our own words, which an import never touches
        if (output.root / "specs" / name).exists():
            shutil.copy(output.root / "specs" / name, output.new / "specs" / name)
    if (output.root / "specs/providers").exists():
        shutil.copytree(output.root / "specs/providers", output.new / "specs/providers")


def _stage(options: argparse.Namespace) -> int:
    with pipeline.workspace() as output:
        pipeline.run(output, [options.command])
        pipeline.swap(output, pipeline.outputs([options.command]))
    return 0


def _check(options: argparse.Namespace) -> int:
    if found := check.problems():
        print("\n".join(found))
        cure = (
            "import the server version again"
            if any("specs/" in line.split("\n")[0] for line in found)
            else "run scripts/regen.sh"
        )
        raise CodegenError(f"{len(found)} files are stale or edited by hand: {cure}")
    print("everything generated is up to date")
    return 0


def _diff(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as folder:
        old, new = (_interface(text, Path(folder), options.base_url) for text in (options.old, options.new))
        report = diff.compare(old, new)
    print(diff.to_json(report) if options.json else diff.to_text(report))
    return 0


def _interface(text: str, folder: Path, base_url: str) -> Path:
    """The folder that a user names, or the one that a version is downloaded to."""
    if not Path(text).exists() and importer.VERSION.fullmatch(text):
        importer.download(folder / text, text, base_url)
        return folder / text
    return Path(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="codegen", description="Turns specs/ into code.")
    commands = parser.add_subparsers(dest="command", required=True)
    source = argparse.ArgumentParser(add_help=False)
    which = source.add_mutually_exclusive_group()
    which.add_argument(
        "--from", dest="folder", type=Path, metavar="FOLDER", help="a folder laid out as a checkout of the server"
    )
    which.add_argument(
        "--server", metavar="VERSION", help="a released version, downloaded over https, such as v1.38.11"
    )
    source.add_argument(
        "--base-url", default=importer.BASE_URL, help="where releases are downloaded from (default: %(default)s)"
    )
    source.add_argument(
        "--sha256", help="the checksum that the source files must have, as an earlier import printed it"
    )
    regenerate = commands.add_parser(
        "regenerate", parents=[source], help="everything: import if asked, then all stages"
    )
    regenerate.set_defaults(run=_regenerate)
    only = commands.add_parser("import", parents=[source], help="specs/ from a server version")
    only.set_defaults(run=_import_only)
    for stage in pipeline.STAGES:
        described = f"this stage alone: {', '.join(pipeline.OUTPUTS[stage])}"
        commands.add_parser(stage, help=described).set_defaults(run=_stage)
    commands.add_parser("check", help="fail if a generated file is stale or edited by hand").set_defaults(run=_check)
    compare = commands.add_parser("diff", help="what changed between two servers")
    compare.add_argument(
        "old", metavar="OLD", help="a spec folder, a folder laid out as a checkout of the server, or a version"
    )
    compare.add_argument("new", metavar="NEW")
    compare.add_argument("--base-url", default=importer.BASE_URL, help=argparse.SUPPRESS)
    compare.add_argument("--json", action="store_true")
    compare.set_defaults(run=_diff)
    return parser


if __name__ == "__main__":
    sys.exit(main())
