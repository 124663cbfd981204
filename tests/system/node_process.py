"""Real processes for the system tests: Usher nodes and a private PostgreSQL."""

import contextlib
import http.client
import json
import os
import pathlib
import pwd
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("USHER_PROGRAM", str(ROOT / "build/usher"))
ADMIN_KEY = "system-test-key-of-enough-length"
POSTGRES = pathlib.Path("/usr/lib/postgresql/15/bin")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_true(condition, within_s, what):
    """Polls until `condition()` is true; fails loudly when it does not become so."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s: {what}")
        time.sleep(0.02)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def slug(self):
        return self.json["type"].rsplit("/", 1)[-1]


class Node:
    """One `usher node` process."""

    def __init__(self, store, folder, options=(), config="", program=PROGRAM, environment=None):
        self.config, self.program, self.environment = config, program, environment or {}
        self.store, self.folder = store, pathlib.Path(folder)
        self.http_port, self.admin_port = free_port(), free_port()
        self.log = open(self.folder / f"node-{self.http_port}.log", "wb")
        self.ledger = self.folder / "ledger"
        self.options = list(options)
        self.process = None

    def start(self):
        config = self.folder / "usher.conf"
        config.write_text(f'payments {{ sandbox {{ ledger = "{self.ledger}", delay = 20ms, magic-methods = true }} }}\n'
                          f'rate-limit {{ loopback = false, buyer-per-s = 100000, buyer-burst = 100000, buyer-releases-burst = 100000 }}\n'
                          f'stop {{ lame-duck = 0s }}\n{self.config}\n')
        # Where it says that it is ready, as it would to systemd; the system chooses an abstract name, not a file.
        self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notices.bind("")
        self.process = subprocess.Popen(
            [self.program, "node", "--config", str(config), "--http", f"127.0.0.1:{self.http_port}",
             "--admin", f"127.0.0.1:{self.admin_port}", "--store", self.store, *self.options],
            env={**os.environ, "USHER_ADMIN_KEY": ADMIN_KEY,
                 "NOTIFY_SOCKET": self.notices.getsockname().decode().replace("\0", "@"), **self.environment},
            stdout=self.log, stderr=self.log)
        self.await_ready()
        return self

    def await_ready(self, within_s=60):
        ended = os.pidfd_open(self.process.pid)
        try:
            heard, _, _ = select.select([self.notices, ended], [], [], within_s)
        finally:
            os.close(ended)
        with self.notices:
            if self.notices not in heard or b"READY=1" not in self.notices.recv(4096):
                state = "ended" if heard else f"is not ready after {within_s} s"
                raise AssertionError(f"the node {state}:\n{self.output()}")

    def output(self):
        return pathlib.Path(self.log.name).read_text(errors="replace")[-4000:]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, within_s=20):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(within_s)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
        self.log.close()

    # ---- HTTP ----

    def call(self, method, path, body=None, headers=None, port=None, timeout=30):
        connection = http.client.HTTPConnection("127.0.0.1", port or self.http_port, timeout=timeout)
        try:
            sent = dict(headers or {})
            if body is not None and not isinstance(body, (bytes, str)):
                body = json.dumps(body)
            if body is not None:
                sent.setdefault("Content-Type", "application/json")
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def admin(self, method, path, body=None):
        return self.call(method, "/admin/v1" + path, body, {"Authorization": f"Bearer {ADMIN_KEY}"}, self.admin_port)

    # ---- the command line ----

    def verb(self, *arguments):
        return subprocess.run([PROGRAM, *arguments, "--admin", f"http://127.0.0.1:{self.admin_port}"],
                              env={**os.environ, "USHER_ADMIN_KEY": ADMIN_KEY}, capture_output=True, text=True, timeout=60)

    def create_event(self, event, plan, *options):
        file = self.folder / f"{event}.json"
        file.write_text(json.dumps(plan))
        done = self.verb("event", "create", event, "--plan", str(file), "--price", "Standard=4500",
                         *options)
        if done.returncode != 0:
            raise AssertionError(f"event create: {done.stdout}{done.stderr}\n{self.output()}")

    def websocket_url(self):
        return f"ws://127.0.0.1:{self.http_port}/v1/ws"

    def charges(self):
        """The ledger's lines, split into words; the sandbox provider writes one a movement."""
        return [line.split() for line in self.ledger.read_text().splitlines()] if self.ledger.exists() else []


def audit(event, store):
    """The audit's verdict by the program, in a process of its own."""
    done = subprocess.run([PROGRAM, "audit", event, "--store", store, "--json"], capture_output=True, text=True, timeout=120)
    return done.returncode, json.loads(done.stdout)


def plan_of(sections, categories=("Standard",)):
    """A plan: `sections` maps a name to rows×seats, or to a number for general admission."""
    zones = []
    for index, (name, shape) in enumerate(sections.items()):
        zone = {"name": name, "zone_id": name, "position": {"x": 0, "y": 100 * index}, "rows": []}
        if isinstance(shape, int):
            zone["general"] = {"capacity": shape, "category": categories[0]}
        else:
            rows, seats = shape
            zone["rows"] = [{"row_number": str(row + 1), "position": {"x": 0, "y": 10 * row},
                             "seats": [{"seat_guid": f"{name}-{row + 1}-{seat + 1}", "seat_number": str(seat + 1),
                                        "position": {"x": 10 * seat, "y": 0}, "category": categories[0]}
                                       for seat in range(seats)]} for row in range(rows)]
        zones.append(zone)
    return {"name": "System test hall", "categories": [{"name": name} for name in categories], "zones": zones}


class Postgres:
    """A private PostgreSQL: its own folder, socket and port; fsync on."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="usher-postgres-"))
        self.port = free_port()
        account = pwd.getpwnam("postgres")
        os.chown(self.folder, account.pw_uid, account.pw_gid)
        try:
            self.run("initdb", "-D", self.folder / "data", "-A", "trust", "-U", "usher", "--no-sync")
            with open(self.folder / "data/postgresql.conf", "a") as settings:
                settings.write(f"port = {self.port}\nlisten_addresses = '127.0.0.1'\n"
                               f"unix_socket_directories = '{self.folder}'\n")
            self.start()
        except BaseException:
            self.close()
            raise
        self.url = f"postgres://usher@127.0.0.1:{self.port}/postgres"

    def run(self, program, *arguments):
        command = [str(POSTGRES / program), *map(str, arguments)]
        if os.getuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder)

    def start(self):
        self.run("pg_ctl", "start", "-w", "-D", self.folder / "data", "-l", self.folder / "log")

    def stop(self, mode="fast"):
        self.run("pg_ctl", "stop", "-w", "-D", self.folder / "data", "-m", mode)

    def close(self):
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)
