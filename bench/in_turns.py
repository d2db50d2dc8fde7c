"""What bench/compare and bench/durability have in common: servers that are driven by holdfast-load in turns, a table of
figures beside those of a peer, and the section of bench/README.md that it is written into.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import shlex
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
README = ROOT / "bench" / "README.md"
BINARIES = "build/bin"


def sh(command):
    return subprocess.run(command, shell=True, check=True, cwd=ROOT, capture_output=True, text=True).stdout.strip()


# --- running --------------------------------------------------------------------------------------------------------

def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def new_folder():
    """For what a server keeps: on the disk of the build, for all of them; a temporary file system is none."""
    return tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / "build")


class Server:
    """A server on a free port, for a `with`; killed at its end."""

    def __init__(self, command, folder):
        self.port = free_port()
        self.command = command.format(port=self.port, dir=folder)

    def __enter__(self):
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *shlex.split(self.command)], cwd=ROOT,
                                        stdout=subprocess.DEVNULL)
        end = time.monotonic() + 120  # there may be much to recover
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except ConnectionRefusedError:
                if self.process.poll() is not None or time.monotonic() > end:
                    sys.exit(f"this did not start: {self.command}")
                time.sleep(0.02)

    def ask(self, line):
        """The text of a reply; by a socket, for a process each time would be a load of its own."""
        with socket.create_connection(("127.0.0.1", self.port)) as connection, connection.makefile("rwb") as stream:
            stream.write(line.encode() + b"\r\n")
            stream.flush()
            head = stream.readline().decode().strip()
            if head.startswith("-"):
                sys.exit(f"{line}: {head}")
            return stream.read(int(head[1:])).decode() if head.startswith("$") else head[1:]

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class Runs:
    """Runs of holdfast-load: `servers` has the command of each kind, `targets` what it is told of those that need it."""

    def __init__(self, servers, targets):
        self.servers, self.targets = servers, targets
        self.commands = {}  # as they can be typed, in order
        self.behind = set()  # (figure, kind) where the generator was the limit
        self.failed = {}  # what the audit found wrong, by (figure, kind)

    def load(self, figure, kind, flags):
        """A fresh server, a run of holdfast-load against it, and the JSON that it printed."""
        with new_folder() as folder, Server(self.servers[kind], folder) as server:
            return self.load_on(server, figure, kind, flags)

    def load_on(self, server, figure, kind, flags):
        flags = self.targets.get(kind, "") + flags
        command = f"{BINARIES}/holdfast-load --port {server.port} --server-pid {server.process.pid} --json {flags}"
        done = subprocess.run(shlex.split(command), cwd=ROOT, capture_output=True, text=True)
        if done.returncode not in (0, 1):
            sys.exit(f"exit code {done.returncode} of {command}\n{done.stdout}{done.stderr}")
        result = json.loads(done.stdout)
        if done.returncode == 1:
            self.failed[figure, kind] = (result["audit"]["complaints"] + result["warnings"])[0]
        if result["generator"]["fell_behind"]:
            self.behind.add((figure, kind))
        self.commands.setdefault(f"holdfast-load {flags}")
        print(f"  {figure:12} {kind:16} {result['requests_a_second']:>10.0f} requests/s", file=sys.stderr)
        return result


# --- the table ------------------------------------------------------------------------------------------------------

def requests(result):
    return result["requests_a_second"]


def cpu_us(result):
    return result["server"]["cpu_us_a_request"]


def latency(percentile):
    return lambda result: next(iter(result["latency_us"].values()))[percentile]


def wanted_text(wanted, ratio, value):
    if wanted is None:
        return ""
    what, sign, limit = wanted
    measured = ratio if what == "ratio" else value
    met = measured >= limit if sign == ">=" else measured <= limit
    return f"{what} {sign} {limit}: {'yes' if met else '**no**'}"


def beside_text(ours, theirs, digits, mark):
    """The peer's figure and the ratio, and the ratio as a number."""
    ratios = [a / b if b else float("inf") for a, b in zip(ours, theirs)]
    ratio = statistics.median(ratios)
    return (f"{statistics.median(theirs):,.{digits}f}{mark} | {ratio:.3g} ({min(ratios):.3g}..{max(ratios):.3g})", ratio)


def table(rows, rounds, behind, failed):
    """`rows`: what it says, figure, how to read it, whose it is, the peer (or None), digits, and what is wanted: of the
    ratio or of the value itself."""
    lines = ["| figure | Holdfast | beside | its figure | ratio (of the rounds) | wanted |",
             "|---|---|---|---|---|---|"]
    for text, figure, read, kind, peer, digits, wanted in rows:
        def mark(whose):
            return ("*" if (figure, whose) in behind else "") + (" (!)" if (figure, whose) in failed else "")
        ours = [read(each[figure, kind]) for each in rounds]
        value, beside, ratio = statistics.median(ours), " | ", None
        if peer:
            beside, ratio = beside_text(ours, [read(each[figure, peer]) for each in rounds], digits, mark(peer))
        lines.append(f"| {text} | {value:,.{digits}f}{mark(kind)} | {peer or ''} | {beside} "
                     f"| {wanted_text(wanted, ratio, value)} |")
    if behind:
        lines += ["", "\\* The load generator itself fell behind, or used all of its CPU: the server's figure is its "
                  "figure too."]
    for (figure, kind), complaint in failed.items():
        lines += ["", f"(!) The audit of {figure} on {kind} failed: {complaint}"]
    return lines


def priority():
    """How this runs beside what else the machine does; empty where it has no privilege."""
    real_time = {os.SCHED_FIFO: "chrt -f", os.SCHED_RR: "chrt -r"}.get(os.sched_getscheduler(0))
    if real_time:
        return f", run under `{real_time} {os.sched_getparam(0).sched_priority}`"
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    return f", run under `nice -n {nice}`" if nice else ""


def report(runs, lines, rounds, load_average):
    cpu = next(line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
               if line.startswith("model name"))
    redis = sh("redis-server --version").split()[2].removeprefix("v=")
    holdfast = sh(f"{BINARIES}/holdfast-server --version").split()[-1]
    kernel = platform.release().split("-")[0]
    commit = sh("git rev-parse --short HEAD 2>/dev/null || echo none")
    servers = dict.fromkeys(command.format(port="PORT", dir="DIR") for command in runs.servers.values())
    lines = [f"{datetime.date.today().isoformat()}, {cpu}, {os.cpu_count()} cores, Linux {kernel}, load "
             f"average {load_average:.1f} at the start{priority()}. Holdfast {holdfast} at {commit}, redis-server {redis}. "
             f"Medians of {len(rounds)} rounds, in turns; {'some' if runs.failed else 'no'} audits failed.", "",
             *lines, "",
             "Servers, afresh for each figure, and load (`--port`, `--server-pid` and `--json` besides; 50 connections):",
             "", "```", *servers, *runs.commands, "```"]
    return "\n".join(lines) + "\n"


def write(section, text):
    begin, end = (f"<!-- {section}: {word} -->\n" for word in ("begin", "end"))
    page = README.read_text(encoding="utf-8")
    before, rest = page.split(begin)
    after = rest.split(end)[1]
    README.write_text(before + begin + text + end + after, encoding="utf-8")


# --- from the command line ------------------------------------------------------------------------------------------

def build():
    subprocess.run(["tools/setup", "bench"], cwd=ROOT, check=True)
    os.environ.setdefault("CMAKE_GENERATOR", "Ninja")  # for a new build/ only
    options = ["-DCMAKE_BUILD_TYPE=Release"] + ([] if (ROOT / "build/CMakeCache.txt").exists()
                                                else ["-DHOLDFAST_TESTS=OFF"])
    for command in (["cmake", "-S", ".", "-B", "build", *options],
                    ["cmake", "--build", "build", "--target", "holdfast-server", "holdfast-load"]):
        subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)


def run(section, doc, make_runs, table_of):
    """`make_runs(quick)`: Runs with a round(); `table_of(rounds, behind, failed)`: lines."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one short round; writes nothing")
    parser.add_argument("--rounds", type=int, help="default 3, with --quick 1")
    parser.add_argument("--no-write", action="store_true", help="leave bench/README.md as it is")
    arguments = parser.parse_args()
    load_average = os.getloadavg()[0]
    build()
    runs = make_runs(arguments.quick)
    rounds = []
    for number in range(arguments.rounds or (1 if arguments.quick else 3)):
        print(f"round {number + 1}", file=sys.stderr)
        rounds.append(runs.round())
    text = report(runs, table_of(rounds, runs.behind, runs.failed), rounds, load_average)
    print(text, end="")
    if not (arguments.quick or arguments.no_write):
        write(section, text)
    sys.exit(1 if runs.failed else 0)
