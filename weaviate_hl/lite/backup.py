"""Backups to a folder: for each a folder with what it holds as JSON and an SQLite file with the rows of its classes.

A backup is done when the call that starts it returns; its status tells so to clients, which poll for it.
"""

from __future__ import annotations

import fnmatch
import json
import re
import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from weaviate_hl.lite.catalogue import Catalogue, Json
from weaviate_hl.lite.engine import Engine
from weaviate_hl.lite.errors import LiteError, Refusal, refuse_if, unsupported
from weaviate_hl.lite.modules import BACKUP
from weaviate_hl.lite.router import Call, rest
from weaviate_hl.lite.storage import Storage

_BACKEND = "filesystem"
_ABOUT, _DATA = "backup.json", "data.db"
_RESTORES = "backup: restores"
_UNSUPPORTED = ("incremental_base_backup_id", "includeUsers", "includeRoles", "node_mapping")
_LISTED = ("id", "classes", "status", "startedAt", "completedAt", "size")
_ID = re.compile(r"[a-z0-9_-]+")


def _folder(engine: Engine, call: Call, id: str) -> Path:
    """Where a backup lies."""
    backend = call.text("backend")
    if backend != _BACKEND or BACKUP not in engine.modules.enabled:
        raise Refusal(f'no backup backend "{backend}": backup: {backend} not found, did you enable the right module?')
    for name in ("bucket", "path"):
        if call.text(name):
            raise unsupported(f"the parameter {name} of backups")
    return Path(engine.settings.backup_filesystem_path) / id


def _check_id(id: str) -> None:
    refuse_if(not _ID.fullmatch(id), f"invalid backup id: '{id}' allowed characters are lowercase, 0-9, _, -")


def _found(engine: Engine, call: Call, what: str) -> tuple[Path, Json]:
    """Where a backup lies, and what it holds; an id that none can have leads nowhere."""
    id = call.text("id")
    folder = _folder(engine, call, id)
    about = _about(folder) if _ID.fullmatch(id) else None
    if about is None:
        raise Refusal(f"{what}: backup {id} not found in {folder}", 404)
    return folder, about


def _about(folder: Path) -> Json | None:
    path = folder / _ABOUT
    if not path.is_file():
        return None
    about = None
    with suppress(ValueError):
        about = json.loads(path.read_text())
    if not isinstance(about, dict) or not about.keys() >= set(_LISTED):
        raise Refusal(f"backup: {path} is damaged", 500)
    return about


def _unsupported(body: Json) -> None:
    for key in _UNSUPPORTED:
        if body.get(key):
            raise unsupported(f"{key} in backups")
    for key, value in (body.get("config") or {}).items():
        if value and key.lower() in ("path", "bucket", "endpoint"):
            raise unsupported(f"config.{key} in backups")


def _chosen(body: Json, names: list[str]) -> list[str]:
    """The classes that a body includes, or all that it does not exclude."""
    include, exclude = body.get("include") or [], body.get("exclude") or []
    refuse_if(include and exclude, "'include' and 'exclude' cannot both contain values")
    for kind, given in (("include", include), ("exclude", exclude)):
        for name in given:
            refuse_if(given.count(name) > 1, f"class list '{kind}' contains duplicate: {name}")
            refuse_if(not fnmatch.filter(names, name), f"class {name} doesn't exist, but does have {names}")
    if include:
        return [name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in include)]
    chosen = [name for name in names if not any(fnmatch.fnmatchcase(name, pattern) for pattern in exclude)]
    refuse_if(not chosen, f"empty class list: please choose from : [{' '.join(names)}]")
    return chosen


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


@rest("backups", "create")
def create(engine: Engine, call: Call) -> Json:
    body = call.body
    id = body.get("id") or ""
    folder = _folder(engine, call, id)
    _check_id(id)
    _unsupported(body)
    chosen = _chosen(body, list(engine.catalogue.collections))
    refuse_if(folder.exists(), f'backup "{id}" already exists at "{folder}"')
    started = _now()
    unfinished = folder.with_name(f".{id}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    copy = Storage(unfinished / _DATA)
    with copy.transaction():
        Catalogue(copy).take(engine.catalogue, chosen)
    copy.close()
    size = sum(path.stat().st_size for path in unfinished.iterdir()) / 2**30
    about = {"id": id, "backend": _BACKEND, "path": str(folder), "classes": chosen, "startedAt": started}
    about |= {"completedAt": _now(), "size": size, "status": "SUCCESS"}
    (unfinished / _ABOUT).write_text(json.dumps(about))
    unfinished.rename(folder)  # at once, so that half a backup is none
    return {"id": id, "backend": _BACKEND, "path": str(folder), "classes": chosen, "status": "STARTED"}


@rest("backups", "create_status")
def create_status(engine: Engine, call: Call) -> Json:
    _, about = _found(engine, call, "backup status")
    return {key: value for key, value in about.items() if key != "classes"}


@rest("backups", "list")
def list_backups(engine: Engine, call: Call) -> list[Json]:
    order = call.choice("order", "desc", "asc")
    root = _folder(engine, call, "")
    found = [about for folder in root.iterdir() if (about := _about(folder))] if root.is_dir() else []
    found.sort(key=lambda about: about["startedAt"], reverse=order == "desc")
    return [{key: about[key] for key in _LISTED} for about in found]


@rest("backups", "cancel")
def cancel(engine: Engine, call: Call) -> None:
    id = call.text("id")
    folder = _folder(engine, call, id)
    _check_id(id)
    if _about(folder) is not None:
        raise Refusal(f'backup "{id}" already succeeded')


@rest("backups", "restore")
def restore(engine: Engine, call: Call) -> Json:
    id = call.text("id")
    folder, about = _found(engine, call, "restore")
    _unsupported(call.body)
    for name in call.body.get("include") or ():
        if not fnmatch.filter(about["classes"], name):
            listed = " ".join(about["classes"])
            raise Refusal(f"class {name} doesn't exist in the backup, but does have [{listed}]")
    chosen = _chosen(call.body, about["classes"])
    state: Json = {"id": id, "backend": _BACKEND, "path": str(folder)}
    taken = [name for name in chosen if name in engine.catalogue.collections]
    if taken:
        state |= {"status": "FAILED", "error": f"could not restore classes: class name {taken[0]} already exists"}
    else:
        _restore(engine, folder / _DATA, chosen, call.body.get("overwriteAlias") is True)
        state["status"] = "SUCCESS"
    engine.state.setdefault(_RESTORES, {})[id] = state
    return {"id": id, "backend": _BACKEND, "path": str(folder), "classes": chosen, "status": "STARTED"}


def _restore(engine: Engine, path: Path, chosen: list[str], overwrite_aliases: bool) -> None:
    refuse_if(not path.is_file(), f"restore: {path} is not there", 500)
    restored = Catalogue(engine.storage)  # which is thrown away if something fails
    try:
        with closing(Storage(path)) as backup, engine.storage.transaction():
            restored.take(Catalogue(backup), chosen, overwrite_aliases=overwrite_aliases)
    except (LiteError, sqlite3.Error) as error:
        raise Refusal(f"restore: {error}", 500) from error
    engine.catalogue.adopt(restored, chosen)


def _state(engine: Engine, call: Call) -> tuple[Path, Json | None]:
    """Where the backup of a restore lies, and what became of the restore, if there was one."""
    id = call.text("id")
    return _folder(engine, call, id), engine.state.get(_RESTORES, {}).get(id)


@rest("backups", "restore_status")
def restore_status(engine: Engine, call: Call) -> Json:
    folder, state = _state(engine, call)
    if state is None:
        raise Refusal(f"restoration status: backup {call.text('id')} not found in {folder}", 404)
    return state


@rest("backups", "restore_cancel")
def restore_cancel(engine: Engine, call: Call) -> None:
    refuse_if(_state(engine, call)[1], f'restore "{call.text("id")}" already succeeded')
