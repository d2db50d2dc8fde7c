"""What the tests of the package share: the package, unpacked; its unit; the programs in it; a server as systemd would
start it, but for the paths.

A script declares `@test` functions without arguments and ends with `run()`. What a machine does not allow is SKIPPED, in
words, by raising Skipped.
"""
import atexit
import ctypes
import ctypes.util
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

TIMEOUT = 120  # seconds until a silent program counts as a failure; a busy machine is slow
UNIT = "lib/systemd/system/holdfast-server.service"
tests = []


class Skipped(Exception):
    """This machine does not allow it."""


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skipped(f"no {program} here")


def check(condition, what=""):
    if not condition:
        raise AssertionError(what)


def same(got, expected, about=""):
    check(got == expected, f"{about}\n  got      {got!r}\n  expected {expected!r}")


def ask(*command, **options):
    """What the program prints; it must end with 0."""
    done = subprocess.run([str(word) for word in command], text=True, timeout=TIMEOUT, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, **options)
    check(done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def package():
    """The one package in $HOLDFAST_PACKAGES."""
    found = list(pathlib.Path(os.environ["HOLDFAST_PACKAGES"]).glob("*.deb"))
    if not found or not shutil.which("dpkg-deb"):
        print("skipped: there is no package, or no dpkg-deb to look into it")
        sys.exit(77)
    same(len(found), 1, f"packages: {found}")
    return found[0]


def temporary_folder():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="holdfast-package-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def unpacked():
    root = temporary_folder()
    ask("dpkg-deb", "--extract", package(), root)
    return root


def unit_settings(unit):
    """{name: [values]} of a unit file."""
    settings = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE):
        settings.setdefault(name, []).append(value)
    return settings


def relocated(text, root):
    """Paths of the service, moved below the root."""
    return re.sub(r"(?<![\w./-])/(?=(?:usr/bin|etc/holdfast|var/lib/holdfast|run/holdfast)\b)", f"{root}/", text)


# --- the unit's system calls -----------------------------------------------------------------------------------------

def calls_of(group, known):
    for name in known.get(group, []):
        yield from calls_of(name, known) if name.startswith("@") else [name]


def allowed_calls(lines):
    """The system calls that SystemCallFilter= lets through: groups added and, behind ~, taken away."""
    need("systemd-analyze")
    known, group = {}, None
    for line in ask("systemd-analyze", "--no-pager", "syscall-filter").splitlines():
        if line.startswith("@"):
            group = known.setdefault(line.strip(), [])
        elif group is not None and re.match(r" +[@\w]", line):
            group.append(line.strip())
    allowed = set(calls_of("@default", known))
    for line in lines:
        words = line.removeprefix("~").split()
        calls = {call for word in words for call in (calls_of(word, known) if word.startswith("@") else [word])}
        allowed = allowed - calls if line.startswith("~") else allowed | calls
    return allowed


def enforcer(lines):
    """A function that leaves the calling process only these system calls; another one ends it (SIGSYS)."""
    name = ctypes.util.find_library("seccomp")
    if not name:
        raise Skipped("no libseccomp here")
    library = ctypes.CDLL(name, use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p
    allowed = allowed_calls(lines)
    kill_process, allow = 0x80000000, 0x7fff0000
    context = ctypes.c_void_p(library.seccomp_init(kill_process))
    for call in sorted(allowed):
        number = library.seccomp_syscall_resolve_name(call.encode())
        if number >= 0:  # others are of other machines
            check(library.seccomp_rule_add(context, allow, number, 0) == 0, call)

    def enforce():
        if library.seccomp_load(context) != 0:
            os._exit(99)
    return enforce


# --- a server --------------------------------------------------------------------------------------------------------

class Service:
    """The unit's server below a root, on a port that the kernel chooses: started when it has said READY=1."""

    def __init__(self, root, enforce=None):
        self.root = root
        self.unit = unit_settings(root / UNIT)
        for folder in ("var/lib/holdfast", "run/holdfast"):  # StateDirectory=, RuntimeDirectory=
            (root / folder).mkdir(parents=True, exist_ok=True)
        settings = root / "etc/holdfast/holdfast.conf"
        settings.write_text(relocated(settings.read_text(encoding="utf-8"), root), encoding="utf-8")
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        manager.settimeout(0.1)
        manager.bind(str(root / "notify"))
        self.manager = manager
        self.process = subprocess.Popen(self.command(), preexec_fn=enforce, text=True, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT,
                                        env={"HOLDFAST_PORT": "0", "NOTIFY_SOCKET": str(root / "notify")})

    def command(self):
        return relocated(self.unit["ExecStart"][0], self.root).split()

    def __enter__(self):
        try:
            same(self.heard(), "READY=1")
        except Exception as error:
            self.process.kill()
            raise AssertionError(f"not started ({error}): {self.process.communicate(timeout=TIMEOUT)[0]}") from error
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate(timeout=TIMEOUT)
        self.manager.close()
        (self.root / "notify").unlink()

    def heard(self):
        """The next thing that it tells the service manager."""
        end = time.monotonic() + TIMEOUT
        while True:
            gone = self.process.poll() is not None
            try:
                return self.manager.recv(100).decode()
            except TimeoutError:
                check(not gone and time.monotonic() < end, "nothing was said")

    def client(self, *words):
        return ask(self.root / "usr/bin/holdfast-cli", "-s", self.root / "run/holdfast/holdfast.sock", "--json", *words)

    def stop(self):
        """SIGTERM, as `systemctl stop`; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        same(self.heard(), "STOPPING=1")
        return self.process.wait(TIMEOUT)


# --- the runner ------------------------------------------------------------------------------------------------------

def test(function):
    tests.append(function)
    return function


def run():
    failed = skipped = 0
    for function in tests:
        try:
            function()
            print(f"ok      {function.__name__}", flush=True)
        except Skipped as reason:
            skipped += 1
            print(f"SKIPPED {function.__name__}: {reason}", flush=True)
        except Exception:  # a runner shows every failure
            failed += 1
            print(f"FAILED  {function.__name__}\n{traceback.format_exc()}", flush=True)
    print(f"{len(tests) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 77 if skipped == len(tests) else 0)
