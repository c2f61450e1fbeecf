"""Which test produces a reason for refusal, read from the tests' source: used by make_rules.py, checked by check_rejects.py."""
import functools
import pathlib
import re

# In this order the files are asked; of consensus those that tools/check_rejects.py runs.
CONSENSUS = [f"tests/unit/{name}.c" for name in (
    "consensus/test_tx", "consensus/test_header", "consensus/test_block", "consensus/test_accept", "consensus/test_connect", "consensus/test_signet",
    "consensus/test_chain", "consensus/rows/test_block_rows", "consensus/rows/test_script_rows", "node/chain/test_chain")]
TEST = re.compile(r"^static (?:void|int) (\w+)\(void \*\*state\)\n\{", re.M)


@functools.lru_cache(maxsize=None)
def sources(root, patterns):
    return [(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")) for pattern in patterns for path in sorted(pathlib.Path(root).glob(pattern))]


def producer(root, name, string, patterns):
    """(file, test) of the first test that looks for the reason by its name or string, or None. What stands before a test,
    in a helper of its own, counts for the test that follows."""
    wanted = re.compile(rf'\b{name}\b|"{re.escape(string)}"' if string else rf"\b{name}\b")
    for path, text in sources(root, tuple(patterns)):
        found = wanted.search(text)
        if not found:
            continue
        tests = [(m.start(), m.group(1)) for m in TEST.finditer(text)]
        inside = [test for at, test in tests if at < found.start() < text.find("\n}", at)]
        after = [test for at, test in tests if at > found.start()]
        if inside or after:
            return path, (inside or after)[0]
    return None
