"""The demo sells real seats and the audit agrees."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

from node_process import ADMIN_KEY, PROGRAM, Node, Postgres, audit


class Demo(unittest.TestCase):
    def run_usher(self, *arguments):
        """Runs it to its end; it prints one JSON object and leaves nothing in the working folder."""
        with tempfile.TemporaryDirectory(prefix="usher-demo-") as folder:
            done = subprocess.run([PROGRAM, *arguments, "--json"], cwd=folder, capture_output=True, text=True, timeout=300)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr[-4000:])
            self.assertEqual(os.listdir(folder), [])
        return json.loads(done.stdout)

    def demo(self, *options):
        return self.run_usher("demo", "--exit", *options)

    def assert_sold(self, figures, joined):
        self.assertEqual(figures["audit"], "ok")
        self.assertEqual(figures["joined"], joined)
        for name in ("admitted", "held", "sold", "revenue"):
            self.assertGreater(figures[name], 0, name)

    def test_the_theatre_sells_to_a_small_crowd(self):
        self.assert_sold(self.demo("--plan", "theatre", "--buyers", "400", "--rate", "200", "--seed", "7"), 400)

    def test_the_theatre_sells_on_postgres(self):
        postgres = Postgres()
        self.addCleanup(postgres.close)
        self.assert_sold(self.demo("--plan", "theatre", "--buyers", "400", "--rate", "200", "--store", postgres.url), 400)

    def test_a_crowd_buys_from_a_node_that_runs_already(self):
        with tempfile.TemporaryDirectory(prefix="usher-demo-") as folder:
            node = Node(f"sqlite:{folder}/usher.db", folder).start()
            self.addCleanup(node.stop)
            elsewhere = ("--connect", f"http://127.0.0.1:{node.http_port}",
                         "--admin", f"http://127.0.0.1:{node.admin_port}", "--admin-key", ADMIN_KEY)
            figures = self.demo("--plan", "theatre", "--buyers", "60", "--rate", "100", *elsewhere)
            self.assert_sold(figures, 60)
            self.assertEqual(figures["errors"], {})
            code, report = audit("demo", node.store)
            self.assertEqual((code, report["totals"]["sold"]), (0, figures["sold"]))
            again = self.demo("--plan", "theatre", "--buyers", "5", "--rate", "100", *elsewhere)
            self.assert_sold(again, 5)
            self.assertEqual(audit("demo-2", node.store)[1]["totals"]["sold"], again["sold"])
            node.stop()

    def test_the_bench_of_holds_leaves_nothing_behind_on_postgres(self):
        postgres = Postgres()
        self.addCleanup(postgres.close)
        figures = self.run_usher("bench", "hold", "--connections", "10", "--duration", "1", "--store", postgres.url)
        self.assertGreater(figures["per_s"], 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
