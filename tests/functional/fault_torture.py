#!/usr/bin/env python3
"""Twenty kills at random instants, as in ./do torture kill 20 (catalogue S01, S02)."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fault"))
import torture  # noqa: E402
from framework import Lab, main  # noqa: E402


def test_kills_at_random_instants(lab: Lab):
    del lab  # the torture keeps its own folder when it fails
    torture.kill(20, seed=20, keep=False)


main()
