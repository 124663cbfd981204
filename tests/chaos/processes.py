"""Processes of a run: none of them outlives the process that started it, however that ends."""

import pathlib
import signal
import subprocess

STARTED = []


def start(command, log, environment=None, **more):
    """Starts a program; the kernel kills it when this process ends. Call it on the main thread only: the kernel counts the
    end of the thread that started a process as the end of its parent."""
    log = open(log, "ab")
    process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", *map(str, command)], stdout=log, stderr=log,
                               env=environment, start_new_session=True, **more)
    log.close()
    STARTED.append(process)
    return process


def end_all():
    """Kills what still runs, the newest first, stopped or not."""
    for process in reversed(STARTED):
        if process.poll() is None:
            process.kill()
    for process in STARTED:
        process.wait()
    STARTED.clear()


def children(pid):
    """The processes that this one has started."""
    file = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    try:
        return [int(word) for word in file.read_text().split()]
    except OSError:
        return []


def end(process, within_s=20, by=signal.SIGTERM):
    """Asks a process to end; returns whether it did so in time, else kills it."""
    process.send_signal(by)
    try:
        process.wait(within_s)
        return True
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False
