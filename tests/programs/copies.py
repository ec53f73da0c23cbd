"""Copies of the source tree that may be written to: the tree itself may be read-only."""

import pathlib
import shutil
import stat


def copied_tree(source, target, **more):
    """shutil.copytree, of which the owner may change every file and folder."""
    shutil.copytree(source, target, **more)
    for path in (pathlib.Path(target), *pathlib.Path(target).rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | stat.S_IWUSR)
    return pathlib.Path(target)
