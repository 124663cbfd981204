"""The bench of several nodes starts, kills and measures real ones, and leaves nothing behind."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from node_process import PROGRAM, Node, Postgres, plan_of

QUICK = ("--only", "kill_to_first_hold_ms", "--shards", "12", "--repeat", "1")


class Bench(unittest.TestCase):
    def folder(self):
        folder = tempfile.TemporaryDirectory(prefix="usher-bench-")
        self.addCleanup(folder.cleanup)
        os.chmod(folder.name, 0o711)  # a PostgreSQL of another user has its folder in it
        return pathlib.Path(folder.name)

    def bench(self, *options, folder):
        return subprocess.run([PROGRAM, "bench", "cluster", *QUICK, *options], cwd=folder, capture_output=True, text=True,
                              timeout=300, env={**os.environ, "TMPDIR": str(folder)})

    def test_a_killed_node_is_replaced_within_its_limit(self):
        folder = self.folder()
        done = self.bench("--json", folder=folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr[-4000:])
        told = json.loads(done.stdout)
        print(f"killed: {told['kill_to_first_hold_ms']} ms, {told['parts']['kill_to_first_hold_ms']}")
        self.assertEqual(told["limits"], {"kill_to_first_hold_ms": 3000})
        self.assertEqual(told["missed"], [])
        parts = told["parts"]["kill_to_first_hold_ms"]
        steps = [parts[name] for name in ("seen_ms", "ended_ms", "claimed_ms", "loaded_ms", "served_ms")]
        self.assertEqual(steps, sorted(steps), parts)
        self.assertLessEqual(parts["ended_ms"], told["kill_to_first_hold_ms"])
        self.assertGreaterEqual(parts["shards"], 4)
        self.assertEqual(os.listdir(folder), [])

    def test_a_store_with_events_is_left_alone(self):
        postgres = Postgres()
        self.addCleanup(postgres.close)
        folder = self.folder()
        node = Node(postgres.url, folder).start()
        self.addCleanup(node.stop)
        node.create_event("gala", plan_of({"stalls": (2, 5)}), "--no-waiting-room")
        node.stop()
        done = self.bench("--store", postgres.url, folder=folder)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        self.assertIn("this database has events", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
