"""The demo sells real seats and the audit agrees."""

import json
import subprocess
import sys
import unittest

from node_process import PROGRAM, Postgres


class Demo(unittest.TestCase):
    def demo(self, *options):
        done = subprocess.run([PROGRAM, "demo", "--exit", "--json", *options], capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr[-4000:])
        return json.loads(done.stdout)

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


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
