#!/usr/bin/env python3
"""The picture of a run (ycoin-sim --svg): well formed, nothing outside of it, and what a reader looks for is there.

usage: plot.py PROGRAM
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

SVG = "{http://www.w3.org/2000/svg}"
ALWAYS = {"highest", "lowest of the honest nodes, where it is behind", "faults end", "simulated time in hours", "height of the tip in blocks",
          "different tips of honest nodes, where there is more than one", "tips"}
EXPECTED = {
    "rewrite": {"the attacker's", "reorganisations, as long as they were deep", "blocks"},
    "churn": {"honest nodes that run", "nodes"},
    "hashrate-asert": {"difficulty: binary logarithm of the tries that a block takes", "log2 of tries"},
}


def places_of(element):
    """Pairs of x or y and a number, of what is drawn."""
    for name in ("x", "y"):
        if element.get(name):
            yield name, float(element.get(name))
    for command, rest in re.findall(r"([MHV])([-0-9. ]+)", element.get("d", "")):
        yield from zip({"M": "xy", "H": "x", "V": "y"}[command], map(float, rest.split()))


def look(program, scenario, words):
    with tempfile.TemporaryDirectory(prefix="ycoin-plot-") as folder:
        path = pathlib.Path(folder) / "run.svg"
        subprocess.run([program, f"--scenario={scenario}", "--seed=3", "--nodes=6", "--hours=12", f"--svg={path}"], check=True, capture_output=True)
        root = xml.etree.ElementTree.fromstring(path.read_text(encoding="utf-8"))
    most = {"x": float(root.get("width")), "y": float(root.get("height"))}
    texts = {"".join(e.itertext()): e for e in root.iter(SVG + "text")}
    assert f"{scenario}, seed 3: passed" in texts, list(texts)
    assert ALWAYS | words <= set(texts), (ALWAYS | words) - set(texts)
    drawn = 0
    for element in root.iter():
        for axis, place in places_of(element):
            assert 0 <= place <= most[axis], (element.tag, element.attrib, axis, place)
            drawn += 1
    assert drawn > 100, drawn
    for text, e in texts.items():  # a letter is about 6.5 wide
        if e.get("text-anchor") == "start":
            assert float(e.get("x")) + 6.5 * len(text) <= most["x"], text


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    for scenario, words in EXPECTED.items():
        look(arguments[0], scenario, words)
        print(f"ok       {scenario}")


if __name__ == "__main__":
    main(sys.argv[1:])
