"""A session's folder as one file to send to somebody: the evidence, without data and secrets."""

import os
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from recovery.record.session import Session
from recovery.words.errors import Refused, in_words

_FILES = ("plan.sql", "sql.log", "runner.log", "report.md", "report.json")


def save(session: Session, to: Path | None = None, *, with_backup: bool = False) -> Path:
    """Writes a .tar.gz beside the session's folder, or to a path or folder; answers where it is.

    Readable to its owner only; whole or not at all. The journal in it is a copy of one moment, also
    while somebody writes. The backup is the data: it is left out unless ``with_backup`` asks for
    it. Raises ``Refused`` if the file is there already or cannot be written.
    """
    name = f"{session.id}-bundle-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar.gz"
    path = to or session.folder.parent
    if path.is_dir():
        path = path / name
    if path.exists():
        raise Refused(f"{path} exists.", "Name another file with --output.", object=str(path))
    files = [session.folder / file for file in _FILES]
    folders = [session.backup_folder] if with_backup else []
    with in_words(), tempfile.TemporaryDirectory(prefix="pg-rekey-") as scratch:
        journal = Path(scratch) / session.journal.path.name
        session.journal.copy_to(journal)
        descriptor, partial = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with (
                os.fdopen(descriptor, "wb") as stream,
                tarfile.open(fileobj=stream, mode="w:gz") as archive,
            ):
                for each in [journal, *files, *folders]:
                    if each.exists():
                        archive.add(each, f"{session.id}/{each.name}", filter=_nobodys)
            Path(partial).replace(path)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
    return path


def saved(path: Path, *, with_backup: bool = False) -> str:
    """Where a bundle is and what it may be used for, in a sentence."""
    inside = (
        "the backup is in it, and that is the data" if with_backup else "nothing secret is in it"
    )
    return f"Saved to {path}; {inside}."


def _nobodys(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """An entry without the name of the account here, for its unpacker only."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o700 if entry.isdir() else 0o600
    return entry
