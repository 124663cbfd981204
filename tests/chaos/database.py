"""A private PostgreSQL at a host of its own, with fsync on, started and ended in every way there is."""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import time

import processes

PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")
READY_S = 60
FAKETIME = [pathlib.Path(place) for place in ("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
                                              "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1")]


def faketime():
    """The library that shows a process another time; none when this machine has none."""
    return next((str(file) for file in FAKETIME if file.exists()), None)


def shown_time(folder):
    """What stands before a command whose process has a wall clock that `folder`/clock shifts, and no other clock."""
    return ["env", f"LD_PRELOAD={faketime()}", f"FAKETIME_TIMESTAMP_FILE={folder}/clock", "FAKETIME_CACHE_DURATION=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_DONT_RESET=1"]


class Database:
    HOST = "store"

    def __init__(self, network, folder):
        self.network, self.folder = network, pathlib.Path(folder) / "store"
        self.folder.mkdir()
        self.log = self.folder / "log"
        self.process = None
        self.account = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"] if os.getuid() == 0 else []
        if self.account:
            account = pwd.getpwnam("postgres")
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        subprocess.run([*self.account, PROGRAMS / "initdb", "-D", self.folder / "data", "-A", "trust", "-U", "usher", "--no-sync"],
                       check=True, capture_output=True, cwd=self.folder)
        host, port = network.address(self.HOST), network.port(self.HOST, "store")
        with open(self.folder / "data/postgresql.conf", "a") as settings:
            settings.write(f"port = {port}\nlisten_addresses = '{host}'\nunix_socket_directories = '{self.folder}'\n"
                           "restart_after_crash = on\nlog_lock_waits = on\nlog_line_prefix = '%m [%p] %a '\n")
        with open(self.folder / "data/pg_hba.conf", "a") as doors:
            doors.write("host all all 198.18.0.0/24 trust\n")
        self.url = f"postgres://usher@{host}:{port}/postgres"
        self.clock(0)

    def clock(self, ahead_s):
        """Sets the clock that this database is shown when it was started with `shown`."""
        (self.folder / "clock").write_text(f"{ahead_s:+d}\n")

    def start(self, shown=False):
        # The change of the account forgets who is to be told of the parent's end, so that is said again.
        account = [*self.account[:-1], "--pdeathsig", "QUIT", "--"] if self.account else []
        words = [*account, *(shown_time(self.folder) if shown else []), PROGRAMS / "postgres", "-D", self.folder / "data"]
        self.process = processes.start(self.network.command(self.HOST, words), self.log, cwd=self.folder)
        self.await_ready()

    def await_ready(self):
        until = time.monotonic() + READY_S
        while True:
            try:
                return self.rows("SELECT 1")
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
                if time.monotonic() > until or self.process.poll() is not None:
                    raise AssertionError(f"the database is not ready:\n{self.log.read_text()[-2000:]}")
                time.sleep(0.05)

    def stop(self, by=signal.SIGINT):
        """SIGINT ends it in order, SIGQUIT at once and without writing anything down."""
        processes.end(self.process, 30, by)

    def all_processes(self):
        return [self.process.pid, *processes.children(self.process.pid)]

    def pause(self):
        for pid in self.all_processes():
            self.signal(pid, signal.SIGSTOP)

    def go_on(self):
        for pid in self.all_processes():
            self.signal(pid, signal.SIGCONT)

    @staticmethod
    def signal(pid, number):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass  # has just ended by itself

    def rows(self, query, within_s=10):
        """What a query gives, read from here; each row a list of texts."""
        done = subprocess.run([PROGRAMS / "psql", self.url, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", query], check=True,
                              capture_output=True, text=True, timeout=within_s,
                              env={**os.environ, "PGCONNECT_TIMEOUT": "3", "PGAPPNAME": "chaos"})
        return [line.split("|") for line in done.stdout.splitlines()]

    def session(self):
        """An open psql that reads statements; its caller ends it."""
        return subprocess.Popen([PROGRAMS / "psql", self.url, "-XAtq"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, text=True)

    def close(self):
        if self.process and self.process.poll() is None:
            self.go_on()
            self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder / "data", ignore_errors=True)
