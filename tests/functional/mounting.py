"""Small file systems for nodes, that can be filled up. Mounting is for root; others may do it in a user namespace of their own,
where the system grants them one."""
import os
import subprocess
import sys
import tempfile

MARK = "YCOIN_OWN_NAMESPACE"
OWN = ["unshare", "--user", "--map-root-user", "--mount"]


def mount(folder, megabytes):
    """A file system of this size over the folder; False where that is not permitted."""
    folder.mkdir(parents=True, exist_ok=True)
    return _quiet("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder))


def unmount(folder):
    _quiet("umount", "-l", str(folder))


def begin_where_one_may_mount():
    """Return where mount() works. Else this program begins anew in a namespace where it does, or returns where there is none."""
    with tempfile.TemporaryDirectory() as folder:
        if _quiet("mount", "-t", "tmpfs", "-o", "size=1m", "none", folder):
            _quiet("umount", folder)
            return
    if MARK not in os.environ and _quiet(*OWN, "true"):
        os.environ[MARK] = "1"
        os.execvp(OWN[0], [*OWN, sys.executable, *sys.argv])


def _quiet(*command):
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        return False
