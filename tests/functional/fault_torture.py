#!/usr/bin/env python3
"""The tortures of ./do torture, a few rounds of each (catalogue S01, S02, S03, S08, S09, S14, S17, S18, S27)."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fault"))
import torture  # noqa: E402
from framework import Lab, main  # noqa: E402

# The tortures keep their own folders when they fail: they need no lab.


def test_kills_while_it_works(lab: Lab):
    del lab
    for seed in (18, 19, 20):  # plain, with indexes, pruned
        torture.TORTURES["kill"](7, seed=seed, keep=False)


def test_kills_in_long_work(lab: Lab):
    del lab
    torture.importing.kill(4, seed=1, keep=False, blocks=800)


def test_ends_in_long_work(lab: Lab):
    del lab
    torture.importing.terminate(4, seed=1, keep=False, blocks=800)


def test_spoiled_files(lab: Lab):
    del lab
    torture.TORTURES["corrupt"](12, seed=1, keep=False)


main()
