#!/usr/bin/env python3
"""Install libycoin-consensus to an empty folder and build and run doc/example/verify.c against it, as a stranger would.

usage: check_install.py BUILD SOURCE CC

The example is linked dynamically and statically, found by pkg-config alone, and must print doc/example/verify.expected. The
header is compiled as C99 and C++, and the library must offer the public functions and nothing else.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

LIBRARY = "ycoin-consensus"


def run(*command, env=None, cwd=None):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, env=env, cwd=cwd)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def check_symbols(header, libraries):
    promised = set(re.findall(r"^YCOIN_API[^;(]*?\b(ycoin_\w+)\(", header.read_text(encoding="utf-8"), re.M))
    for library, arguments in libraries:
        offered = {line.split()[-1] for line in run("nm", *arguments, "--defined-only", library).splitlines() if re.search(r" [A-Z] ", line)}
        if offered != promised:
            sys.exit(f"{library} offers {sorted(offered - promised)} besides the header's functions, and lacks {sorted(promised - offered)}")
    return len(promised)


def main(arguments):
    if len(arguments) != 3:
        sys.exit(__doc__)
    build, source, cc = (pathlib.Path(word) for word in arguments)
    with tempfile.TemporaryDirectory(prefix="yc-install-") as folder:
        prefix, work = pathlib.Path(folder) / "before", pathlib.Path(folder) / "work"
        run("cmake", "--install", build, "--component", "consensus-library", "--prefix", prefix)
        # Moved after it was installed: nothing in it may know where it was.
        prefix = prefix.rename(pathlib.Path(folder) / "moved")
        work.mkdir()
        for name in ("verify.c", "samples.h"):
            shutil.copy(source / "doc" / "example" / name, work)
        found = list(prefix.rglob(f"{LIBRARY}.pc"))
        if len(found) != 1:
            sys.exit(f"{len(found)} files {LIBRARY}.pc were installed instead of one")
        env = dict(os.environ, PKG_CONFIG_PATH=str(found[0].parent))
        flags = run("pkg-config", "--cflags", "--libs", LIBRARY, env=env).split()
        all_flags = run("pkg-config", "--cflags", "--libs", "--static", LIBRARY, env=env).split()
        folder_of_library = found[0].parent.parent
        archive = folder_of_library / f"lib{LIBRARY}.a"
        shared = folder_of_library / f"lib{LIBRARY}.so"

        warnings = ["-std=c17", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
        run(cc, *warnings, "verify.c", *flags, "-o", "dynamic", cwd=work)
        run(cc, *warnings, "verify.c", *[str(archive) if f == f"-l{LIBRARY}" else f for f in all_flags], "-o", "static", cwd=work)
        expected = (source / "doc" / "example" / "verify.expected").read_text(encoding="utf-8")
        for program, where in (("dynamic", dict(os.environ, LD_LIBRARY_PATH=str(folder_of_library))), ("static", None)):
            said = run(work / program, env=where)
            if said != expected:
                sys.exit(f"the {program} example says\n{said}\nand not what doc/example/verify.expected says")
        if LIBRARY in run("readelf", "-d", work / "static"):
            sys.exit("the static example wants the shared library")
        if f"soname: [lib{LIBRARY}.so.0]" not in run("readelf", "-d", shared):
            sys.exit(f"{shared} has no SONAME lib{LIBRARY}.so.0")

        header = prefix / "include" / "ycoin_consensus.h"
        run(cc, "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-x", "c", header)
        if shutil.which("c++"):
            run("c++", "-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-x", "c++", header)
        count = check_symbols(header, [(shared, ["-D"]), (archive, ["-g"])])
    print(f"lib{LIBRARY}: installed, {count} functions and no other symbol, the example runs dynamic and static")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
