"""A Python that has imported a job's libraries once and forks a process for each job.

Run by the jobs' own Python, with the standard library alone:
``python fork_server.py DESCRIPTOR NAME…``, where a name is a module's, or a function's as
``module:function``, which is called. It asks the embedded AWS for nothing but jobs, over
the socket of this descriptor (:mod:`infra.local.aws.batch.launcher`), and ends with it. Needs
Linux.

To a script, a forked job looks like any new process: it leads its session, and has its own
arguments, variables, folder, output and random numbers. Its parent is the embedded AWS, which
adopts it as soon as the process between them has ended. It waits until that gives its permission: a
job of which the embedded AWS did not hear must not run, because it starts that job another way.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import pkgutil
import socket
import sys
import types
from dataclasses import dataclass
from pathlib import Path

#: Longer than a message that comes with a descriptor.
HEADER_BYTES = 8
READY = b"ready"
#: Instead of a process id: the job was not started, or files of imported modules have changed.
NOT_STARTED, OUTDATED = 0, -1
#: Fields of /proc/self/stat after the program's name (proc(5)): arg_start and arg_end.
_ARG_START, _ARG_END = 45, 46


@dataclass(frozen=True)
class Request:
    """A job to start.

    :param argv: the Python, the script, and the script's arguments
    :param environment: all its variables
    :param directory: its working directory
    :param marks: names of variables that other processes must see; each was given to this process
        with a value of the same length
    """

    argv: list[str]
    environment: dict[str, str]
    directory: str
    marks: list[str]


def main(channel_descriptor: str, *names: str) -> None:
    """Import the modules, fork jobs until the socket is closed, and be one of them."""
    if not sys.flags.safe_path:
        del sys.path[0]  # this file's folder; a job has its script's
    channel = socket.socket(fileno=int(channel_descriptor))
    for name in names:
        found = pkgutil.resolve_name(name)
        if ":" in name:
            found()
    if len(os.listdir("/proc/self/task")) > 1:
        print("what is preloaded starts threads, which a fork would lose", file=sys.stderr)
        sys.stderr.flush()
        os._exit(1)  # the threads may never end
    times = _source_times()
    # What is never freed need not be copied for a search of garbage.
    gc.collect()
    gc.freeze()
    channel.sendall(READY)
    while (received := _received(channel)) is not None:
        request, output, permission = received
        if times != _source_times():
            answer = OUTDATED
        else:
            pid = _forked(channel)
            if pid is None:
                _wait_for_permission(permission)
                _become(request, output)
                _run(request.argv)
                return
            answer = pid
        for descriptor in (output, permission):
            os.close(descriptor)
        channel.sendall(b"%d\n" % answer)


def _received(channel: socket.socket) -> tuple[Request, int, int] | None:
    """Return the next request with the descriptors of its output and its permission.

    None at the end.
    """
    header, descriptors, *_ = socket.recv_fds(channel, HEADER_BYTES, 2)
    if not header:
        return None
    body = b""
    while len(body) < int.from_bytes(header):
        body += channel.recv(int.from_bytes(header) - len(body))
    output, permission = descriptors
    return Request(**json.loads(body)), output, permission


def _source_times() -> dict[str, int]:
    """Return when the files of all imported modules were changed."""
    times = {}
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file:
            try:
                times[file] = os.stat(file).st_mtime_ns
            except OSError:
                times[file] = 0
    return times


def _forked(channel: socket.socket) -> int | None:
    """Fork a job that leads a session; return its id, and None in the job itself."""
    reading, writing = os.pipe()
    between = os.fork()
    if between:
        os.close(writing)
        os.waitpid(between, 0)
        # Written once the job leads its group, so that no signal to the group misses it.
        pid = os.read(reading, 32)
        os.close(reading)
        return int(pid or NOT_STARTED)
    try:
        if os.fork():
            os._exit(0)
    except OSError:
        os._exit(1)
    os.setsid()
    os.write(writing, b"%d" % os.getpid())
    for descriptor in (reading, writing):
        os.close(descriptor)
    channel.close()
    return None


def _wait_for_permission(permission: int) -> None:
    """Wait for the permission to run the job; end this process if there will be none."""
    if not os.read(permission, 1):
        os._exit(1)
    os.close(permission)


def _become(request: Request, output: int) -> None:
    """Make this process what the request describes."""
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    os.close(output)
    os.chdir(request.directory)
    for name in request.marks:
        _show_variable(name, request.environment[name])
    _show_arguments(request.argv)
    os.environ.clear()
    os.environ.update(request.environment)
    if "numpy" in sys.modules:  # the standard library reseeds its own generator
        sys.modules["numpy"].random.seed()


def _run(argv: list[str]) -> None:
    """Run the script as Python's main module."""
    file = os.path.abspath(argv[1])
    sys.orig_argv[:] = argv
    sys.argv[:] = argv[1:]
    if not sys.flags.safe_path:
        sys.path.insert(0, os.path.dirname(file))
    module = types.ModuleType("__main__")
    module.__file__ = file
    sys.modules["__main__"] = module
    code = compile(Path(file).read_bytes(), file, "exec", dont_inherit=True)
    exec(code, vars(module))  # noqa: S102 - a job's script


def _show_variable(name: str, value: str) -> None:
    """Change a variable in place where /proc/PID/environ shows it, which ``os.environ`` does not.

    :raises ValueError: if the process was not started with a value of the same length.
    """
    library = ctypes.CDLL(None)
    library.getenv.restype = ctypes.c_void_p
    address = library.getenv(name.encode())
    text = os.fsencode(value)
    if address is None or len(ctypes.string_at(address)) != len(text):
        raise ValueError(f"the variable {name} has no room for {value!r}")
    ctypes.memmove(address, text, len(text))


def _show_arguments(argv: list[str]) -> None:
    """Show the arguments in /proc/PID/cmdline, as far as there is room."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, end = int(fields[_ARG_START]), int(fields[_ARG_END])
    text = b"\0".join(map(os.fsencode, argv))[: end - start - 1]
    ctypes.memmove(start, text.ljust(end - start, b"\0"), end - start)


if __name__ == "__main__":
    main(*sys.argv[1:])
