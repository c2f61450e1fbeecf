"""What the tortures share: their folders, their bounds, and what two nodes are asked to agree on."""
import contextlib
import pathlib
import shutil
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "regtest"), str(ROOT / "tests" / "functional")]
from nodes import wait_until  # noqa: E402  (after the path)

START_S_MAX = 2.0  # a start at a tip that was synced
START_IMPORT_S_MAX = 10.0  # one after a kill in the middle of a long import
END_S_MAX = 10.0  # from SIGTERM to the end
PRUNED = "pruned data"


@contextlib.contextmanager
def in_folder(name, seed, keep):
    """A folder for the nodes; kept, and its name told, when the torture fails."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"ycoin-{name}-"))
    try:
        yield folder
    except BaseException:
        keep = True
        print(f"seed {seed} failed; the folder of the nodes is {folder}", flush=True)
        raise
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def state(node):
    """The tip, and the hash over the coins after it."""
    return node.getbestblockhash(), node.gettxoutsetinfo()["hash_serialized_3"]


def sync_indexes(*nodes):
    """The names of the indexes that all of them have, once each stands at its node's tip."""
    def done():
        infos = [node.getindexinfo() for node in nodes]
        return infos if all(i["synced"] and i["best_block_height"] == node.getblockcount()
                            for info, node in zip(infos, nodes) for i in info.values()) else None
    infos = wait_until("the indexes have caught up", done)
    return [name for name in infos[0] if all(name in info for info in infos)]
