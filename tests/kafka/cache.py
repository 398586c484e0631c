"""Where the tests keep what is costly to make again: the broker's jars, the fake registry's binary."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Callable


def cache_dir() -> Path:
    """tests/run and tests/kafka/run-pytest name the same folder."""
    named = os.environ.get("FIXWARDEN_TEST_CACHE")
    return Path(named) if named else Path.home() / ".cache" / "fixwarden-tests"


def make_once(name: str, make: Callable[[Path], None]) -> Path:
    """The cache's folder of that name; make(folder) fills it the first time.

    It is filled aside and renamed, so that a folder that is there is whole, also when a run was killed.
    """
    done = cache_dir() / name
    if done.is_dir():
        return done
    cache_dir().mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=cache_dir()))
    try:
        make(aside)
        aside.chmod(0o755)
        rename_or_take(aside, done)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return done


def rename_or_take(aside: Path, done: Path) -> None:
    try:
        aside.rename(done)
    except OSError:
        # Another run was quicker; what it made serves as well.
        if not done.is_dir():
            raise
