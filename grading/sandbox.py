"""A process for a student's code: no network, no files of others, limits on everything.

On Linux [bubblewrap](https://github.com/containers/bubblewrap) makes it: new namespaces for
processes, network, files and users, in which only Python, its packages and a copy of elphlib can be
seen, read-only. What it may use up is limited inside (`student.limit`) and watched from here.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

from grading import wire

HERE = Path(__file__).resolve().parent
COURSE = "/course"  # what the sandbox sees of us
FIRST_USER = 64_000  # numbers of users that own nothing; only used when the grader is root


class SandboxMissingError(RuntimeError):
    """There is no way to run student code safely here."""


@dataclass(frozen=True)
class Limits:
    """What a student's code may use.

    `seconds` is for each cell and each check, `total` for a whole submission; memory in bytes.
    """

    seconds: float = 60.0
    total: float = 900.0
    memory: int = 4 << 30
    processes: int = 32
    file_bytes: int = 32 << 20
    starts: int = 40


@cache
def bubblewrap() -> tuple[str, ...]:
    """The command that makes a sandbox here, tried out.

    Raises
    ------
    SandboxMissingError
        If there is none: why, and what to do.
    """
    program = shutil.which("bwrap")
    advice = (
        "install bubblewrap (`apt install bubblewrap`), or grade in the container of "
        "grading/Containerfile; `make grade … UNSANDBOXED=yes` runs student code with your rights, "
        "your files and your network, if you trust every file"
    )
    if sys.platform != "linux" or program is None:
        why = "bubblewrap is not installed" if sys.platform == "linux" else "this is not Linux"
        raise SandboxMissingError(
            f"student code cannot be sandboxed: {why}; a sandbox is needed; {advice}."
        )
    said = ""
    for proc in (("--proc", "/proc"), ()):  # some containers do not let /proc be mounted
        command = _command(program, proc)
        test = subprocess.run(
            [*command, *_view(Path("/nonexistent")), sys.executable, "-I", "-c", "import numpy"],
            capture_output=True,
            text=True,
            check=False,
        )
        if test.returncode == 0:
            return command
        said = (test.stderr.strip().splitlines() or [""])[-1]
    raise SandboxMissingError(
        f"student code cannot be sandboxed: bubblewrap says {said!r}; unprivileged user "
        f"namespaces are needed (see kernel.apparmor_restrict_unprivileged_userns); {advice}."
    )


def _command(program: str, proc: tuple[str, ...]) -> tuple[str, ...]:
    """Options that do not depend on the submission."""
    user: tuple[str, ...] = ("--unshare-user", "--uid", "1000", "--gid", "1000")
    if os.getuid() == 0:  # stay root until the limits stand, then become nobody: student.limit
        user = ("--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")
    spaces = ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts")
    return (
        *(program, *spaces, "--unshare-cgroup-try", *user, "--die-with-parent", "--new-session"),
        *("--dev", "/dev", *proc, "--size", str(32 << 20), "--perms", "1777", "--tmpfs", "/tmp"),
        *("--chdir", "/tmp", "--hostname", "sandbox", "--clearenv"),
    )


def _view(course: Path) -> list[str]:
    """Mount what Python needs, and the copy of elphlib, read-only."""
    folders = {"/usr", "/lib", "/lib64", "/bin", sys.prefix, sys.base_prefix}
    folders |= {path for path in sysconfig.get_paths().values() if not path.startswith(sys.prefix)}
    above = sorted({str(p) for folder in folders for p in Path(folder).parents if p.name})
    # bubblewrap would make them for root alone
    view = [part for parent in above for part in ("--perms", "0755", "--dir", parent)]
    for folder in sorted(folders):
        if os.path.islink(folder):
            view += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            view += ["--ro-bind", folder, folder]
    for file in ("/etc/ld.so.cache", "/etc/localtime"):
        view += ["--ro-bind-try", file, file]
    if course.exists():
        view += ["--ro-bind", str(course), COURSE]
    return view


def environment(course: str) -> dict[str, str]:
    """Environment of a student's process: nothing of ours, one thread, no display."""
    return {
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "PATH": "/usr/bin:/bin",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": f"{course}/matplotlib",
        "ELPHLIB_DISPLAY": "text",
    }


class Sandbox:
    """One process for one student, with a channel to it.

    Parameters
    ----------
    course : Path
        Folder with `student.py`, `wire.py` and the copy of elphlib.
    limits : Limits
    sandboxed : bool
        False runs the code with the rights of whoever grades.
    slot : int
        Number of the worker: each has a user of its own if the grader is root.
    """

    def __init__(self, course: Path, limits: Limits, sandboxed: bool = True, slot: int = 0) -> None:
        self.limits, self.gone, self.asked = limits, "", False
        seen = COURSE if sandboxed else str(course)
        numbers = (limits.memory, int(limits.total), limits.processes, limits.file_bytes)
        user = FIRST_USER + slot if sandboxed else 0
        program = [sys.executable, "-I", f"{seen}/student.py", *map(str, (*numbers, user))]
        variables = environment(seen)
        if sandboxed:
            options = [part for item in variables.items() for part in ("--setenv", *item)]
            program = [*bubblewrap(), *_view(course), *options, *program]
        self.process = subprocess.Popen(
            program,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=variables,
            cwd="/tmp",
            start_new_session=True,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.outgoing, self.incoming = self.process.stdin.fileno(), self.process.stdout.fileno()
        self._closing = threading.Event()
        self._watch: threading.Thread | None = None

    def watch(self) -> None:
        """Look after the memory that it uses; called in the process of its judge."""
        self._watch = threading.Thread(target=self._watch_memory, daemon=True)
        self._watch.start()

    def let_go(self) -> None:
        """Close this process's ends of the channel: another one talks to the sandbox."""
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()

    def send(self, data: bytes) -> None:
        """Write one message to the student's process.

        Raises
        ------
        BrokenMessageError
            If it is gone.
        """
        try:
            wire.send(self.outgoing, data)
        except OSError as error:
            raise wire.BrokenMessageError("the process is gone") from error

    def receive(self) -> bytes:
        """Read one message of the student's process."""
        return wire.receive(self.incoming)

    def close(self) -> None:
        """End the process and all that it has started."""
        self._closing.set()
        self._kill()
        self.process.wait()
        self.let_go()
        if self._watch is not None:
            self._watch.join()

    def _kill(self) -> None:
        """End bubblewrap; what runs in its namespace ends with it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def _watch_memory(self) -> None:
        """Kill the sandbox if all its processes together use more memory than one may."""
        while not self._closing.wait(0.1):
            try:
                family = psutil.Process(self.process.pid).children(recursive=True)
            except psutil.NoSuchProcess:
                return
            used = 0
            for member in family:
                try:
                    used += member.memory_info().rss
                except psutil.Error:
                    continue
            if used > self.limits.memory:
                self.gone = "memory"
                self._kill()
                return
