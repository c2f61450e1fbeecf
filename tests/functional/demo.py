#!/usr/bin/env python3
"""./do demo: every claim holds, nothing is left behind."""
import os
import signal
import subprocess
import sys

from framework import ROOT, Lab, contains, equal, main


def test_demo(lab: Lab):
    done = subprocess.run([sys.executable, str(ROOT / "regtest" / "demo.py")], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                          timeout=250, env={**os.environ, "TMPDIR": str(lab.folder)})
    if done.returncode != 0:
        raise AssertionError(f"the demonstration ended with {done.returncode}:\n{done.stdout[-3000:]}\n{done.stderr[-2000:]}")
    equal(done.stderr, "")
    contains(done.stdout, "claims held")
    equal(list(lab.folder.iterdir()), [])


def test_ended_in_the_middle(lab: Lab):
    for number in (signal.SIGINT, signal.SIGTERM):
        with subprocess.Popen([sys.executable, str(ROOT / "regtest" / "demo.py")], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(lab.folder)}) as demo:
            for line in demo.stdout:
                if "connected" in line:
                    break
            demo.send_signal(number)
            equal((demo.stdout.read().endswith("stopped\n"), demo.stderr.read(), demo.wait(60)), (True, "", 1))
        equal(list(lab.folder.iterdir()), [])


def test_wrong_option(lab: Lab):
    done = subprocess.run([sys.executable, str(ROOT / "regtest" / "demo.py"), "--fast"], capture_output=True, text=True, check=False, timeout=20)
    equal((done.returncode, done.stdout), (2, ""))
    contains(done.stderr, "usage")
    equal(list(lab.folder.iterdir()), [])


main()
