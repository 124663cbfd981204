"""A real HAProxy in front of a node, by the configuration that is shipped, with certificates of a throwaway authority."""

import getpass
import grp
import os
import pathlib
import signal
import socket
import subprocess
import threading

from node_process import ROOT, free_port


class Authority:
    """Issues certificates that nobody believes who does not know it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.file = self.folder / "authority.pem"
        self.key = self.folder / "authority.key"
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                     "-subj", "/CN=A throwaway authority", "-keyout", self.key, "-out", self.file)

    def issue(self, names):
        """A file with a certificate for `names`, such as `DNS:localhost`, and its key."""
        key, request, certificate, extensions = (self.folder / f"front.{kind}" for kind in ("key", "csr", "crt", "ext"))
        extensions.write_text(f"subjectAltName={names}\n")
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-subj", "/CN=A front", "-keyout", key, "-out", request)
        self.openssl("x509", "-req", "-days", "1", "-in", request, "-CA", self.file, "-CAkey", self.key,
                     "-CAcreateserial", "-extfile", extensions, "-out", certificate)
        both = self.folder / "front.pem"
        both.write_text(certificate.read_text() + key.read_text())
        return both

    def openssl(self, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Front:
    """HAProxy, with its two frontends for buyers, and the one for operators, on free ports of this machine."""

    def __init__(self, certificate, nodes):
        """`nodes`: of each the ports for buyers and for operators."""
        self.https_port, self.plain_port, self.operators_port = free_port(), free_port(), free_port()
        self.environment = {
            "USHER_FRONT_CERTIFICATE": str(certificate),
            "USHER_FRONT_HTTPS": f"127.0.0.1:{self.https_port}",
            "USHER_FRONT_HTTP": f"127.0.0.1:{self.plain_port}",
            "USHER_FRONT_OPERATORS": f"127.0.0.1:{self.operators_port}",
        }
        for number, (http_port, admin_port) in enumerate(nodes, start=1):
            name = "USHER_NODE" + (f"_{number}" if number > 1 else "")
            self.environment[name] = f"127.0.0.1:{http_port}"
            self.environment[name + "_OPERATORS"] = f"127.0.0.1:{admin_port}"
            self.environment[name + "_CHECK_PORT"] = str(admin_port)
        if os.getuid() != 0:
            self.environment["USHER_FRONT_USER"] = getpass.getuser()
            self.environment["USHER_FRONT_GROUP"] = grp.getgrgid(os.getgid()).gr_name
        self.lines, self.said = [], threading.Condition()

    def start(self, within_s=20):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices:
            notices.bind("")  # the system chooses an abstract name
            self.process = subprocess.Popen(
                ["haproxy", "-Ws", "-f", str(ROOT / "deploy/haproxy/usher.cfg")],
                env={**os.environ, **self.environment, "NOTIFY_SOCKET": notices.getsockname().decode().replace("\0", "@")},
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            self.reader = threading.Thread(target=self.read)
            self.reader.start()
            notices.settimeout(within_s)
            try:
                while b"READY=1" not in notices.recv(4096):
                    pass  # it tells first that it is loading
            except TimeoutError:
                self.stop()
                raise AssertionError("HAProxy is not ready:\n" + "".join(self.lines)) from None
        return self

    def read(self):
        for line in self.process.stdout:
            with self.said:
                self.lines.append(line)
                self.said.notify_all()

    def await_line(self, part, since=0, within_s=20):
        """Waits until it has said something like that, after its first `since` lines."""
        with self.said:
            if not self.said.wait_for(lambda: any(part in line for line in self.lines[since:]), within_s):
                raise AssertionError(f"HAProxy does not say {part!r}:\n" + "".join(self.lines))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        self.reader.join()
        self.process.stdout.close()

    def url(self, host="localhost"):
        return f"https://{host}:{self.https_port}"

    def operators_url(self, host="localhost"):
        return f"https://{host}:{self.operators_port}"
