"""What all stories of the system have in common."""

import asyncio
import tempfile
import unittest

from node_process import Node, Postgres, audit


def sqlite_store(folder, clean_up):
    """The `store_in` of a story that is told on both stores; `postgres_store` is the other one."""
    return f"sqlite:{folder}/usher.db"


def postgres_store(folder, clean_up):
    postgres = Postgres()
    clean_up(postgres.close)
    return postgres.url


class Story(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)  # thousands of connections; unittest would trace each step

    def folder(self):
        folder = tempfile.TemporaryDirectory(prefix="usher-system-")
        self.addCleanup(folder.cleanup)
        return folder.name

    def postgres(self):
        postgres = Postgres()
        self.addCleanup(postgres.close)
        return postgres

    def node(self, store, folder):
        node = Node(store, folder).start()
        self.addCleanup(node.stop)
        return node

    def assert_audit_ok(self, event, store, **totals):
        code, report = audit(event, store)
        self.assertEqual((code, report["audit"]), (0, "ok"), report)
        for name, value in totals.items():
            self.assertEqual(report["totals"][name], value, report["totals"])
