"""The simulation itself: it repeats itself, it finds what is planted, and nothing of it is in what is shipped."""

import json
import os
import pathlib
import re
import subprocess
import unittest

SIMULATION = os.environ["USHER_SIM"]
PROGRAM = os.environ["USHER_PROGRAM"]
ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(*arguments):
    return subprocess.run([SIMULATION, *arguments], capture_output=True, check=False)


class TheSimulation(unittest.TestCase):
    def test_the_same_seed_gives_the_same_trace_to_the_byte(self):
        for seed in range(1, 21):
            first, second = run("--seed", str(seed), "--trace"), run("--seed", str(seed), "--trace")
            self.assertEqual(first.stdout, second.stdout, f"seed {seed}")
            self.assertGreater(first.stdout.count(b"\n"), 1000)

    def test_another_seed_gives_another_trace(self):
        self.assertNotEqual(run("--seed", "1", "--trace").stdout, run("--seed", "2", "--trace").stdout)

    def test_the_totals_are_one_line_of_json(self):
        result = run("--seeds", "1..6", "--json")
        self.assertEqual(result.stdout.count(b"\n"), 1)
        totals = json.loads(result.stdout)
        self.assertEqual(totals["seeds"], 6)
        self.assertEqual(totals["failed"], 0)
        self.assertGreater(totals["virtual_s"], 6 * 80)
        self.assertGreater(totals["requests"], 6 * 100)
        self.assertGreater(totals["plans"], 0)
        self.assertGreater(sum(totals["faults"].values()), 0)
        self.assertEqual(result.returncode, 0)

    def test_failpoints_are_among_the_faults(self):
        faults = json.loads(run("--seeds", "1..300", "--nodes", "1", "--json").stdout)["faults"]
        met = {name for name in faults if name.startswith("failpoint ")}
        for kind in ("section", "event", "checkout", "journal-writer"):
            self.assertTrue(any(name.startswith(f"failpoint {kind}.") for name in met), f"{kind}: {faults}")

    def test_every_kind_of_fault_happens(self):
        totals = json.loads(run("--seeds", "1..300", "--nodes", "1", "--json").stdout)
        for kind in ("actor_ambush", "actor_crash", "clock_step", "node_kill", "node_pause", "store_outage",
                     "store_pause", "store_restart", "takeover"):
            self.assertGreater(totals["faults"].get(kind, 0), 10, kind)

    def test_nodes_that_share_the_store_repeat_themselves_too(self):
        for nodes in ("3", "4", "5"):
            for seed in ("11", "12"):
                which = ("--seed", seed, "--nodes", nodes, "--trace")
                self.assertEqual(run(*which).stdout, run(*which).stdout, f"seed {seed} of {nodes} nodes")

    def test_every_kind_of_fault_happens_to_nodes_that_share_the_store(self):
        totals = json.loads(run("--seeds", "1..100", "--nodes", "4", "--json").stdout)
        for kind in ("link_cut", "link_cut_one_way", "link_reset", "link_slow", "node_drain", "node_ended",
                     "node_isolated", "node_join", "node_kill", "node_pause", "same_name_again", "store_cut", "store_pause"):
            self.assertGreater(totals["faults"].get(kind, 0), 2, kind)

    def test_how_many_sales_run_at_once_changes_nothing(self):
        self.assertEqual(run("--seeds", "1..6", "--json", "--threads", "1").stdout,
                         run("--seeds", "1..6", "--json", "--threads", "3").stdout)

    def test_a_failure_says_its_seed_and_how_it_came_to_it(self):
        result = run("--seed", "1", "--trace", "--plant", "answer_before_durable")
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"seed 1: ", result.stderr)
        self.assertIn(b"durable_first", result.stderr)
        self.assertIn(b"FOUND by durable_first", result.stdout)

    def test_every_planted_fault_is_found(self):
        result = run("--plant", "all", "--seeds", "1..200", "--json")
        found = json.loads(result.stdout)
        self.assertGreaterEqual(found["planted"], 10)
        self.assertEqual(found["found"], found["planted"], result.stderr.decode())
        self.assertEqual(result.returncode, 0)

    def test_what_cannot_be_run_is_said(self):
        for arguments in (("--plant", "nothing_like_it"), ("--seeds", "9..1"), ("--seeds", "many")):
            result = run(*arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertNotEqual(result.stderr, b"")

    def test_what_is_shipped_has_none_of_the_planted_faults(self):
        names = re.findall(r'^    "(\w+)", +//', (ROOT / "failpoint/plant.hpp").read_text(), re.M)
        self.assertGreaterEqual(len(names), 10)
        simulation, program = (pathlib.Path(file).read_bytes() for file in (SIMULATION, PROGRAM))
        self.assertEqual([name for name in names if name.encode() not in simulation], [])
        self.assertEqual([name for name in names if name.encode() in program], [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
