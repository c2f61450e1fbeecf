#!/usr/bin/env python3
"""Fail when a PURE module refers to the operating system: memory, files, time, sockets, environment, randomness, threads.

usage: check_purity.py NM NAME=LIBRARY...

Pure modules are given all of these as arguments (struct yc_alloc, yc_fs, yc_clock, yc_random), so that tests and the
simulator decide what happens. The check is over the undefined symbols of the static library, which no macro hides.
"""
import re
import subprocess
import sys

FORBIDDEN = {
    "memory": "malloc calloc realloc reallocarray free posix_memalign aligned_alloc memalign valloc strdup strndup asprintf "
    "vasprintf mmap munmap sbrk",
    "files and streams": "fopen fdopen freopen fclose fread fwrite fflush fseek ftell fgets fgetc getc getchar fputs fputc "
    "putc putchar puts printf fprintf vprintf vfprintf dprintf perror scanf fscanf getline open open64 openat creat read "
    "write pread pread64 pwrite pwrite64 readv writev close lseek lseek64 fsync fdatasync rename unlink remove mkdir stat "
    "fstat ioctl fcntl stdin stdout stderr",
    "time": "time clock gettimeofday clock_gettime nanosleep clock_nanosleep sleep usleep localtime localtime_r gmtime mktime",
    "sockets": "socket connect bind listen accept accept4 send sendto sendmsg recv recvfrom recvmsg poll ppoll select "
    "epoll_wait getaddrinfo",
    "environment and processes": "getenv secure_getenv setenv putenv unsetenv fork execve execvp system popen exit _exit "
    "signal sigaction syscall",
    "randomness": "rand srand rand_r random srandom drand48 lrand48 arc4random arc4random_buf getrandom getentropy",
}
FORBIDDEN_PREFIXES = {"threads": ("pthread_", "thrd_", "mtx_", "cnd_", "sem_")}

CLASS_OF = {symbol: what for what, symbols in FORBIDDEN.items() for symbol in symbols.split()}


def plain_name(symbol):
    """The name in the source: without the symbol version and without what _FORTIFY_SOURCE and glibc put around it."""
    symbol = symbol.split("@")[0]
    fortified = re.fullmatch(r"__(\w+?)(_2)?_chk", symbol) or re.fullmatch(r"__isoc\d+_(\w+)", symbol)
    return fortified.group(1) if fortified else symbol


def class_of(symbol):
    name = plain_name(symbol)
    for what, prefixes in FORBIDDEN_PREFIXES.items():
        if name.startswith(prefixes):
            return what
    return CLASS_OF.get(name)


def violations(nm, library):
    """(object file, symbol, class) for each forbidden symbol of the library."""
    run = subprocess.run([nm, "-u", library], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"cannot read the symbols of {library}; build it first: {run.stderr.strip()}")
    member = library
    for line in run.stdout.splitlines():
        words = line.split()
        if line.endswith(":"):
            member = line[:-1]
        elif len(words) == 2 and words[0] in "Uw":
            what = class_of(words[1])
            if what:
                yield member, plain_name(words[1]), what


def main(arguments):
    if len(arguments) < 2:
        sys.exit(__doc__)
    nm, modules = arguments[0], arguments[1:]
    bad = 0
    for module in modules:
        name, library = module.split("=", 1)
        for member, symbol, what in violations(nm, library):
            print(f"{name}: {member} refers to {symbol} ({what}): a pure module must be given it as an argument")
            bad += 1
    print(f"{len(modules)} pure modules, {bad} forbidden symbols")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
