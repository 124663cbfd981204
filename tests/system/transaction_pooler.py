"""A pooler in front of PostgreSQL that lends a session for one transaction, as PgBouncer does with `pool_mode = transaction`."""

import contextlib
import itertools
import socket
import struct
import threading

ENCRYPTION_REQUESTS = (80877103, 80877104)  # TLS, GSS


def receive(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def next_message(connection):
    """A message with its type and length in front."""
    head = receive(connection, 5)
    return head + receive(connection, struct.unpack("!I", head[1:])[0] - 4)


def first_message(connection):
    """The one that begins a session: it has no type."""
    size = receive(connection, 4)
    return size + receive(connection, struct.unpack("!I", size)[0] - 4)


class TransactionPooler:
    """Each client has `sessions` sessions, and its transactions go to one after the other. Without TLS and passwords."""

    def __init__(self, server_port, sessions):
        self.server_port, self.sessions = server_port, sessions
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client, contextlib.ExitStack() as all_sessions, contextlib.suppress(EOFError, OSError):
            greeting = first_message(client)
            while struct.unpack("!I", greeting[4:8])[0] in ENCRYPTION_REQUESTS:
                client.sendall(b"N")
                greeting = first_message(client)
            sessions = [all_sessions.enter_context(socket.create_connection(("127.0.0.1", self.server_port)))
                        for _ in range(self.sessions)]
            for session in sessions:
                session.sendall(greeting)
                welcome, _ = self.answer(session)
            client.sendall(welcome)
            for session in itertools.cycle(sessions):
                self.lend(session, client)

    @staticmethod
    def answer(session):
        """All that a session says until it is ready for more; and whether it is in a transaction then."""
        said = b""
        while True:
            message = next_message(session)
            said += message
            if message[:1] == b"Z":
                return said, message[5:] != b"I"

    def lend(self, session, client):
        """For one transaction."""
        while True:
            request = next_message(client)
            if request[:1] == b"X":
                raise EOFError
            session.sendall(request)
            if request[:1] in b"QS":  # a query; or the end of what was prepared, bound and executed
                said, is_in_transaction = self.answer(session)
                client.sendall(said)
                if not is_in_transaction:
                    return
            elif request[:1] == b"H":
                raise OSError("nobody here flushes")
