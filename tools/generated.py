"""What the makers of pages under doc/ share: one command line to write a page or to check that it is up to date."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]


def main(doc, out, lines, arguments):
    """Write the lines to ROOT/out; with --check only compare. doc is the program's docstring. Returns the exit code."""
    if arguments not in ([], ["--check"]):
        wanted = arguments in (["-h"], ["--help"])
        print(doc.strip(), file=sys.stdout if wanted else sys.stderr)
        return 0 if wanted else 2
    text = "\n".join(lines).rstrip("\n") + "\n"
    page = ROOT / out
    if not arguments:
        page.write_text(text, encoding="utf-8")
        return 0
    if page.exists() and page.read_text(encoding="utf-8") == text:
        print(f"{out} is up to date")
        return 0
    print(f"{out} is not what its tables say: run tools/{pathlib.Path(sys.argv[0]).name} and commit it")
    return 1


def cell(text):
    """The text as it must stand in a cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
