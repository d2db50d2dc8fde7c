#!/usr/bin/env python3
"""The manners of the source tree, checked.

    house.py [--root FOLDER] [rule...]     prints `path:line: what is wrong` for each; exit 1 if there is any

layers      includes only point downward (the table is layers.txt)
sizes       no .h or .cc over 400 lines, no function over 70
top_level   the top of the tree holds what it should and nothing else
sleeps      no test sleeps, but for those that drive a real process (tests/system, tests/interop)
exceptions  nothing is thrown or caught in engine/
"""
import argparse
import fnmatch
import pathlib
import re
import sys

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 70
CODE_FOLDERS = ("engine", "protocol", "tools", "tests", "bench")
TOP_LEVEL = {"CMakeLists.txt", "README.md", *CODE_FOLDERS}
MAY_SLEEP = ("tests/system/", "tests/interop/")


def sources(root, *folders):
    """(path from the root with slashes, text) of each .h and .cc file, in order."""
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".h", ".cc") and "node_modules" not in path.parts:
                yield path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")


# A ' after a letter or digit separates digits (1'000).
NOISE = re.compile(r'R"(?P<tag>[^()\s\\]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z_])\'(?:\\.|[^\'\\\n])+\''
                   r'|//[^\n]*|/\*.*?\*/|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', re.DOTALL | re.MULTILINE)


def bare(text):
    """The text without comments, literals and preprocessor lines; every line keeps its number."""
    def blank(match):
        token = match.group()
        return ('""' if token[0] in 'R"' else " ") + "\n" * token.count("\n")
    return NOISE.sub(blank, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


# --- layers ---------------------------------------------------------------------------------------------------------

def read_layers(table):
    """({folder: (may include, system headers it may not)}, [(name of the floor, patterns)]) of layers.txt."""
    folders, floors = {}, []
    for line in table.splitlines():
        line = line.split("#")[0].strip()
        if not line:
            continue
        head, _, rest = line.partition(":")
        kind, name = head.split()
        allowed, _, forbidden = rest.partition("|")
        if kind == "folder":
            folders[name] = (allowed.split(), forbidden.split())
        elif kind == "floor":
            floors.append((name, allowed.split()))
        else:
            raise ValueError(f"layers.txt: what is '{kind}'?")
    return folders, floors


def floor_of(path, floors):
    """The number of the floor of an engine file, None if the table does not know it."""
    stem = pathlib.PurePosixPath(path).stem
    for number, (_, patterns) in enumerate(floors):
        if any(fnmatch.fnmatchcase(stem, pattern) for pattern in patterns):
            return number
    return None


INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:<([^>]+)>|"([^"]+)")', re.MULTILINE)


def layers(root, table=pathlib.Path(__file__).with_name("layers.txt")):
    folders, floors = read_layers(table.read_text(encoding="utf-8"))
    for path, text in sources(root, *CODE_FOLDERS):
        folder = path.split("/")[0]
        allowed, forbidden = folders[folder]
        own_floor = floor_of(path, floors) if folder == "engine" else None
        if folder == "engine" and own_floor is None:
            yield path, 1, "has no floor: give it one in tests/house/layers.txt"
        for match in INCLUDE.finditer(text):
            line, system, ours = line_of(text, match.start()), match.group(1), match.group(2)
            included = system or ours
            if any(included.startswith(beginning) for beginning in forbidden):
                yield path, line, f"{folder}/ does not include {included}"
            if not ours:
                continue
            target = ours.split("/")[0]
            if "/" not in ours or target not in folders:
                yield path, line, f'"{ours}": our headers are included by their path from the top'
            elif target not in allowed:
                yield path, line, f"{folder}/ does not include {target}/ ({ours})"
            elif folder == "engine" and None not in (own_floor, floor_of(ours, floors)):
                if floor_of(ours, floors) > own_floor:
                    yield path, line, (f"floor '{floors[own_floor][0]}' does not include "
                                       f"floor '{floors[floor_of(ours, floors)][0]}' ({ours})")


# --- sizes ----------------------------------------------------------------------------------------------------------

CONTAINER = re.compile(r'(?:(?:inline|static|typedef|constexpr|const)\s+)*(?:namespace|class|struct|union|enum)\b'
                       r'|extern\s*""\s*$')


def without_template(head):
    """`template <class T> void f(T t)` is `void f(T t)`."""
    head = head.strip()
    if not head.startswith("template"):
        return head
    depth = 0
    for position, letter in enumerate(head):
        depth += (letter == "<") - (letter == ">")
        if letter == ">" and depth == 0:
            return without_template(head[position + 1:])
    return head


def functions(text):
    """(first line, last line) of each function, by counting braces.

    A heuristic and not a parser: an outermost block counts as a function when the text before its brace has
    parentheses and is neither a namespace, a type nor an initializer. A lambda or a local class counts into the
    function around it; in a table at namespace scope a lambda is a function of its own; so is TEST(...) { }.
    A constructor's braced member initializers split off its head, so it may be judged a few lines too short.
    """
    text = bare(text)
    stack = []  # for each open brace: the line where its function begins, or None
    inside = 0  # how many of them are functions, or blocks inside one
    head_start = 0
    for match in re.finditer(r"[{};]", text):
        token = match.group()
        if token == "{":
            head = text[head_start:match.start()]
            declared = without_template(re.sub(r"\[\[.*?\]\]|alignas\s*\([^()]*\)", " ", head))
            is_function = (not inside and "(" in declared and not CONTAINER.match(declared)
                           and not declared.endswith(("=", ",")))
            first = line_of(text, head_start + len(head) - len(head.lstrip()))
            stack.append(first if is_function else None)
            inside += bool(is_function or inside)
        elif token == "}" and stack:
            first = stack.pop()
            if inside:
                inside -= 1
            if first is not None:
                yield first, line_of(text, match.start())
        head_start = match.end()


def sizes(root):
    for path, text in sources(root, *CODE_FOLDERS):
        lines = len(text.splitlines())
        if lines > MAX_FILE_LINES:
            yield path, lines, f"{lines} lines; a file has at most {MAX_FILE_LINES}"
        for first, last in functions(text):
            if last - first + 1 > MAX_FUNCTION_LINES:
                yield path, first, f"a function of {last - first + 1} lines; it has at most {MAX_FUNCTION_LINES}"


# --- the rest -------------------------------------------------------------------------------------------------------

def top_level(root):
    there = {path.name for path in root.iterdir() if not path.name.startswith(".")}
    for name in sorted(there - TOP_LEVEL):
        if not fnmatch.fnmatchcase(name, "build*"):
            yield name, 1, "does not belong at the top"
    for name in sorted(TOP_LEVEL - there):
        yield name, 1, "is missing at the top"


def words(root, folder, pattern, message, except_in=()):
    for path, text in sources(root, folder):
        if not path.startswith(tuple(except_in)):
            text = bare(text)
            for match in re.finditer(pattern, text):
                yield path, line_of(text, match.start()), message


def sleeps(root):
    return words(root, "tests", r"\b(?:sleep_for|sleep_until|u?sleep|nanosleep)\s*\(",
                 "a test does not sleep: give it virtual time, or wait for what it waits for", MAY_SLEEP)


def exceptions(root):
    return words(root, "engine", r"\b(?:throw|try|catch)\b", "engine/ knows no exceptions: a bug is a CHECK, "
                 "a refusal is a value")


RULES = {rule.__name__: rule for rule in (layers, sizes, top_level, sleeps, exceptions)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("rules", nargs="*", metavar="rule", help="all of them when none is named")
    arguments = parser.parse_args()
    if unknown := set(arguments.rules) - set(RULES):
        parser.error(f"no such rule: {', '.join(sorted(unknown))}")
    wrong = 0
    for rule in arguments.rules or RULES:
        for path, line, message in RULES[rule](arguments.root):
            print(f"{path}:{line}: {message}")
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
