"""A `usher node` process at a host of its own."""

import http.client
import json
import os
import pathlib
import signal
import subprocess
import time

import processes
from database import shown_time

ADMIN_KEY = "a-key-for-runs-of-chaos-only"
READY_S = 90

CONFIGURATION = """
auth {{ anonymous = true }}
http {{ unlimited-networks = ["198.18.0.0/24", "127.0.0.0/8"] }}
rate-limit {{ loopback = false, address-per-s = 1000000, address-burst = 1000000, buyer-per-s = 100000, buyer-burst = 100000,
  buyer-releases-per-s = 100000, buyer-releases-burst = 100000, max-strikes = 1000000 }}
payments {{ sandbox {{ ledger = "{ledger}", delay = 20ms, magic-methods = true, decline-rate = 0.03, failure-rate = 0.05 }} }}
stop {{ lame-duck = 0s }}
cluster {{ name = "{name}", listen = "{listen}", address = "{address}", insecure = {insecure} }}
"""


class Node:
    def __init__(self, network, database, folder, name, program):
        self.network, self.name, self.program = network, name, program
        self.folder = pathlib.Path(folder) / name
        self.folder.mkdir()
        self.log = self.folder / "log"
        self.process = None
        self.at = network.address(name)
        self.buyers, self.operators = ((self.at, network.port(name, kind)) for kind in ("http", "admin"))
        listen = f"{self.at}:{network.port(name, 'link')}"
        told_host, told_port = network.seen_by(None, name, "link")
        store_host, store_port = network.seen_by(name, database.HOST, "store")
        self.store = f"postgres://usher@{store_host}:{store_port}/postgres"
        self.configuration = self.folder / "usher.conf"
        self.configuration.write_text(CONFIGURATION.format(
            ledger=pathlib.Path(folder) / "ledger", name=name, listen=listen, address=f"{told_host}:{told_port}",
            insecure=str(network.insecure).lower()))
        (self.folder / "clock").write_text("+0\n")

    def start(self, program=None, shown=False, **environment):
        """Starts it and waits until it is ready."""
        self.begin(program, shown, **environment)
        self.await_ready()

    def begin(self, program=None, shown=False, **environment):
        self.network.back(self.name)
        words = [*(shown_time(self.folder) if shown else []), program or self.program, "node", "--config", self.configuration, "--http", "%s:%d" % self.buyers,
                 "--admin", "%s:%d" % self.operators, "--store", self.store]
        self.process = processes.start(
            self.network.command(self.name, [str(word) for word in words]), self.log,
            {**os.environ, "USHER_ADMIN_KEY": ADMIN_KEY, **environment})
        self.network.started(self.name, self.process.pid)

    def await_ready(self, within_s=READY_S):
        until = time.monotonic() + within_s
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"node {self.name} is not ready (it ended with {self.process.poll()}):\n"
                                     + self.log.read_text(errors="replace")[-3000:])
            time.sleep(0.05)

    def is_ready(self):
        try:
            return self.get("/readyz", 2)[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def clock(self, ahead_s):
        (self.folder / "clock").write_text(f"{ahead_s:+d}\n")

    # ---- its ends ----

    @property
    def runs(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.network.gone(self.name)

    def tell_to_end(self):
        self.process.send_signal(signal.SIGTERM)

    def await_end(self, within_s):
        """Whether it ends by itself in time."""
        try:
            self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            return False
        self.network.gone(self.name)
        return True

    def stop(self, within_s=60):
        """Asks it to end, and forces it after a while."""
        processes.end(self.process, within_s)
        self.network.gone(self.name)

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    # ---- what it is asked ----

    def get(self, path, within_s=10):
        connection = http.client.HTTPConnection(*self.buyers, timeout=within_s)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def operate(self, method, path, body, within_s=60):
        connection = http.client.HTTPConnection(*self.operators, timeout=within_s)
        try:
            connection.request(method, "/admin/v1" + path, json.dumps(body),
                               {"Authorization": f"Bearer {ADMIN_KEY}", "Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        finally:
            connection.close()
