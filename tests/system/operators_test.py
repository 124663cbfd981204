"""Operators of a cluster see how its nodes stand, drain and rebalance them by way of any node, and are told what cannot be."""

import asyncio
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import unittest

from buyer import Buyer, Problem
from member_nodes import MemberNodes
from node_process import ADMIN_KEY, POSTGRES, PROGRAM, ROOT, Node, await_true, free_port, plan_of
from transaction_pooler import TransactionPooler

GALA = "gala"
ROWS = 16
SHARDS = ROWS + 2

EVENT, SECTION, ROOM = "0", "1", "2"  # kinds of shards, as the store has them


class Operators(MemberNodes):
    def begin(self, names=("a", "b", "c")):
        self.database = self.postgres()
        self.nodes = {}
        for name in names:
            self.nodes[name] = self.member(name)
        self.nodes["a"].create_event(GALA, plan_of({f"row{row}": (1, 40) for row in range(ROWS)}), "--no-waiting-room",
                                     "--open", "--max-per-buyer", "100", "--rehold-pause", "0", "--allow-orphans")
        await_true(self.is_spread, 30, "the nodes share the shards out")

    def config_of(self, name):
        return f'cluster {{ name = "{name}", listen = "127.0.0.1:{free_port()}", drain-notice = 1s }}'

    # ---- what the store says ----

    def homes(self):
        """The name of the living node that has each shard: by kind and section."""
        return {(kind, section): name for kind, section, name in self.rows(
            "SELECT s.kind, s.section, n.name FROM usher.shard s JOIN usher.node n ON n.owner = s.owner AND n.living")}

    def counts(self):
        owners = list(self.homes().values())
        return {name: owners.count(name) for name in self.nodes}

    def statuses(self):
        return dict(self.rows("SELECT name, status FROM usher.node WHERE living"))

    def is_spread(self):
        counts = self.counts()
        return sum(counts.values()) == SHARDS and min(counts.values()) > 0 and all(
            node.get(f"/v1/events/{GALA}/sections/row{row}/seats").status == 200
            for node in self.nodes.values() for row in range(ROWS))

    # ---- what the nodes say ----

    def status(self, by):
        return self.nodes[by].admin("GET", "/cluster").json

    def status_of(self, name, by):
        return next((node for node in self.status(by)["nodes"] if node["name"] == name), None)

    def agrees(self, by):
        """What this node says agrees with the store, and so do the nodes' own figures, which come with their beats."""
        said, homes, counts = self.status(by), self.homes(), self.counts()
        [event] = said["events"]
        sections = {name: [home for (kind, _), home in homes.items() if kind == SECTION].count(name) for name in counts}
        return (
            {node["name"]: node["status"] for node in said["nodes"]} == self.statuses()
            and {node["name"]: node["owned"] for node in said["nodes"]} == counts
            and all(node.get("served") == node["owned"] for node in said["nodes"])
            and all(set(node["links"]) == set(counts) - {node["name"]} for node in said["nodes"])
            and (event["event"], event["shards"], event["served"]) == (GALA, SHARDS, SHARDS)
            and event["homes"] == {
                "event": homes[EVENT, "0"], "room": homes[ROOM, "0"],
                "sections": [{"node": name, "shards": count} for name, count in sorted(sections.items()) if count]})

    def log_of(self, name):
        return pathlib.Path(self.nodes[name].log.name).read_text(errors="replace")

    def metrics(self, name):
        """By name and labels, as Prometheus reads them."""
        answer = self.nodes[name].call("GET", "/metrics", headers={"Authorization": f"Bearer {ADMIN_KEY}"},
                                       port=self.nodes[name].admin_port).body.decode()
        return {match[1]: float(match[2]) for match in re.finditer(r"^(usher_\S+(?:\{.*\})?) (\S+)", answer, re.M)}, set(
            re.findall(r"^# HELP (usher_\w+)", answer, re.M))

    def is_measured(self, name):
        """This node's figures are those of nodes that are all well and have their parts."""
        values, _ = self.metrics(name)
        others, has = set(self.nodes) - {name}, self.counts()[name]
        return (
            values.get('usher_cluster_members{status="up"}') == len(self.nodes)
            and all(values.get(f'usher_cluster_link_up{{peer="{other}"}}') == 1 for other in others)
            and all(0 < values.get(f'usher_cluster_link_round_trip_seconds{{peer="{other}"}}', 0) < 2 for other in others)
            and all(0 <= values.get(f'usher_cluster_beat_age_seconds{{node="{each}"}}', -1) < 5 for each in self.nodes)
            and [values.get(f'usher_cluster_shards{{state="{state}"}}')
                 for state in ("wanted", "served", "giving", "taking", "stopped")] == [has, has, 0, 0, 0])

    def sum_of(self, metric):
        return sum(self.metrics(name)[0].get(metric, 0) for name in self.nodes)

    async def verb(self, by, *words):
        return await asyncio.to_thread(self.nodes[by].verb, "cluster", *words)

    async def succeeds(self, by, *words):
        done = await self.verb(by, *words)
        self.assertEqual(done.returncode, 0, (words, done.stdout, done.stderr))
        return done.stdout

    async def is_refused(self, by, *words, code=1):
        done = await self.verb(by, *words)
        self.assertEqual((done.returncode, done.stdout), (code, ""), (words, done.stderr))
        return done.stderr

    # ---- what buyers do meanwhile ----

    async def shop(self, node, first, answers, stop):
        """Takes a seat and gives it back, again and again."""
        buyer = await Buyer(node).open()
        seat = first
        while not stop.is_set():
            try:
                held = await buyer.hold(GALA, seats=[f"row{seat % ROWS}-1-{1 + seat // ROWS % 40}"])
                await buyer.ask("release", hold=held["hold"])
                answers.append("held")
            except Problem as refused:
                answers.append(refused.slug)
            seat += 1
        await buyer.close()

    # ---- stories ----

    async def test_any_node_tells_how_all_of_them_stand(self):
        self.begin()
        numbers = {name: int(number) for name, number in self.rows(
            "SELECT name, incarnation FROM usher.node WHERE living")}
        for name in self.nodes:
            await asyncio.to_thread(await_true, lambda name=name: self.agrees(name), 20, f"{name} says what the store says")
            said = json.loads(await self.succeeds(name, "status", "--json"))
            self.assertEqual(said["seen_by"], name)
            self.assertEqual({node["name"]: node["number"] for node in said["nodes"]}, numbers)
            self.assertEqual(said["cluster"], self.rows("SELECT id FROM usher.cluster")[0][0])
            for node in said["nodes"]:
                self.assertEqual(node["http"], f"127.0.0.1:{self.nodes[node['name']].http_port}")
                self.assertLess(node["beat_age_ms"], 5000)
            text = await self.succeeds(name, "status")
            self.assertIn("3 nodes; the store answers in", text)
            for node in said["nodes"]:
                others = " ".join(sorted(set(self.nodes) - {node["name"]}))
                self.assertRegex(text, rf"(?m)^{node['name']} +up .* {node['owned']}/{node['owned']} .* {others} ")
            [homes] = re.findall(rf"(?m)^{GALA} +{SHARDS} +{SHARDS} +0 +0  (.*)$", text)
            self.assertEqual(homes.split()[0], self.homes()[EVENT, "0"])
        buyers = [await Buyer(self.nodes["b"]).open() for _ in range(3)]
        await asyncio.to_thread(await_true, lambda: self.status_of("b", by="c")["buyers"] == 3, 10, "its buyers are counted")
        for buyer in buyers:
            await buyer.close()
        key = subprocess.run([PROGRAM, "cluster", "status", "--admin", f"http://127.0.0.1:{self.nodes['a'].admin_port}",
                              "--admin-key", "wrong"], capture_output=True, text=True, timeout=60)
        self.assertEqual(key.returncode, 1)
        self.assertIn("--admin-key", key.stderr)

    async def test_a_watch_goes_on_until_its_node_is_gone(self):
        self.begin(("a", "b"))
        watch = await asyncio.create_subprocess_exec(
            PROGRAM, "cluster", "status", "--watch", "--json", "--admin", f"http://127.0.0.1:{self.nodes['b'].admin_port}",
            env={**os.environ, "USHER_ADMIN_KEY": ADMIN_KEY}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, limit=1 << 20)
        first, second = [json.loads(await asyncio.wait_for(watch.stdout.readline(), 20)) for _ in range(2)]
        self.assertEqual([node["name"] for node in first["nodes"]], ["a", "b"])
        self.assertEqual(first["cluster"], second["cluster"])
        self.nodes["b"].kill()
        rest, complaint = await asyncio.wait_for(watch.communicate(), 20)
        self.assertEqual(watch.returncode, 3, (rest, complaint))

    async def test_a_node_is_drained_under_load_and_undrained_again(self):
        self.begin()
        answers, stop = [], asyncio.Event()
        work = [asyncio.create_task(self.shop(self.nodes[name], 200 * number, answers, stop))
                for number, name in enumerate(("a", "b"))]
        drained = await self.succeeds("a", "drain", "c", "--wait", "--within", "40")
        self.assertRegex(drained, r"(?m)^c +draining ")
        self.assertEqual(self.counts()["c"], 0)
        self.assertEqual(self.statuses(), {"a": "up", "b": "up", "c": "draining"})
        self.assertEqual(self.nodes["c"].get("/readyz").status, 503)
        await asyncio.to_thread(await_true, lambda: self.agrees("b"), 20, "b says what the store says")
        self.assertEqual(self.status_of("c", by="c")["wanted"], 0)
        await self.succeeds("b", "drain", "c", "--wait")  # once more, for nothing
        await self.succeeds("c", "undrain", "c")
        await self.succeeds("b", "undrain", "c")
        await asyncio.to_thread(await_true, self.is_spread, 30, "it has its part again")
        await asyncio.to_thread(await_true, lambda: self.nodes["c"].get("/readyz").status == 200, 20, "it is ready")
        stop.set()
        await asyncio.gather(*work)
        failed = [answer for answer in answers if answer not in ("held", "seat-taken")]
        print(f"drained and undrained: {len(answers)} holds, {len(failed)} failed")
        self.assertGreater(answers.count("held"), 100)
        self.assertEqual(failed, [])

        # What was done, by whom, and which shards moved at which epoch.
        self.assertEqual(len(re.findall(r"operator at 127\.0\.0\.1: POST /admin/v1/cluster/nodes/c/drain", self.log_of("a"))), 1)
        numbers = dict(self.rows("SELECT name, incarnation FROM usher.node WHERE living"))
        given = re.findall(r"node (\d+) has given shard (\S+) to node (\d+), at epoch (\d+)", self.log_of("c"))
        self.assertTrue(given)
        self.assertEqual({giver for giver, *_ in given}, {numbers["c"]})
        self.assertLessEqual({taker for _, _, taker, _ in given}, {numbers["a"], numbers["b"]})
        shard, taker, epoch = given[-1][1:]
        home = next(name for name, number in numbers.items() if number == taker)
        self.assertIn(f"node {taker} serves shard {shard} at epoch {epoch}", self.log_of(home))
        self.assertIn("this node drains", self.log_of("c"))
        self.assertIn("this node drains no longer", self.log_of("c"))
        self.assert_audit_ok(GALA, self.database.url)

    async def test_whoever_waits_for_a_drain_in_vain_is_told_so(self):
        self.begin(("a", "b"))
        [[section]] = self.rows("SELECT min(s.section) FROM usher.shard s JOIN usher.node n ON n.owner = s.owner"
                                " WHERE n.name = 'b' AND n.living AND s.kind = 1")
        stranger = subprocess.Popen([POSTGRES / "psql", self.database.url, "-XAtq"], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, text=True)
        self.addCleanup(stranger.wait, 10)
        self.addCleanup(stranger.terminate)
        self.addCleanup(stranger.stdin.close)
        self.addCleanup(stranger.stdout.close)
        stranger.stdin.write(f"BEGIN; SELECT section FROM usher.shard WHERE kind = 1 AND section = {section} FOR UPDATE;\n")
        stranger.stdin.flush()
        self.assertEqual(await asyncio.to_thread(stranger.stdout.readline), f"{section}\n")
        complaint = await self.is_refused("a", "drain", "b", "--within", "3", code=3)
        self.assertRegex(complaint, r"node b still has \d+ shards; it goes on giving them away")
        stranger.stdin.write("ROLLBACK;\n")
        stranger.stdin.flush()
        await self.succeeds("a", "drain", "b", "--wait")
        self.assertEqual(self.counts(), {"a": SHARDS, "b": 0})

    async def test_nobody_is_drained_whom_nobody_could_replace(self):
        self.begin()
        for verb in ("drain", "undrain"):
            self.assertIn("No node that lives is called nobody.", await self.is_refused("b", verb, "nobody"))
            answer = self.nodes["b"].admin("POST", f"/cluster/nodes/nobody/{verb}")
            self.assertEqual((answer.status, answer.slug), (404, "not-found"))
        for name in ("b", "c"):
            await self.succeeds("a", "drain", name, "--wait")
        for by in self.nodes:
            self.assertIn("Conflict: Node a is the last one that is up: nobody could take its shards.",
                          await self.is_refused(by, "drain", "a", "--wait"))
        self.assertEqual(self.nodes["c"].admin("POST", "/cluster/nodes/a/drain").status, 409)
        self.assertEqual(self.counts(), {"a": SHARDS, "b": 0, "c": 0})
        self.nodes["c"].process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(await_true, lambda: (self.status_of("c", by="a") or {"stopping": True})["stopping"], 10,
                                "it says that it stops")
        if self.status_of("c", by="a"):
            self.assertRegex(await self.is_refused("a", "undrain", "c"), "Node c is stopping|No node that lives is called c")
        self.assertEqual(await asyncio.to_thread(self.nodes["c"].process.wait, 20), 0)
        self.assertIn("No node that lives is called c.", await self.is_refused("a", "undrain", "c"))

    async def test_everything_moves_to_its_place_when_an_operator_asks_for_it(self):
        self.config_of = lambda name: Operators.config_of(self, name).replace(" }", ", auto-rebalance = false }")
        self.begin(("a",))
        self.nodes["b"] = self.member("b")
        await asyncio.to_thread(await_true, lambda: self.status_of("b", by="a")["links"] == ["a"], 10, "it has its link")
        wanted = self.status_of("b", by="a")["wanted"]
        self.assertGreater(wanted, 0)
        self.assertEqual(self.counts(), {"a": SHARDS, "b": 0})
        text = await self.succeeds("b", "rebalance")
        self.assertIn("2 nodes;", text)
        await asyncio.to_thread(await_true, lambda: self.counts()["b"] == wanted, 20, "it has its part")
        self.assertEqual(self.rows("SELECT rebalances FROM usher.cluster"), [["1"]])
        self.assertEqual(self.status("a")["rebalances"], 1)

    async def test_the_metrics_that_the_pages_name_are_there(self):
        self.begin()
        pages = [(ROOT / "docs/operating" / page).read_text() for page in ("running.md", "cluster.md")]
        named = set(re.findall(r"`(usher_\w+)(?:\{\w+\})?`", "".join(pages)))
        for name, node in self.nodes.items():
            await asyncio.to_thread(await_true, lambda name=name: self.is_measured(name), 20, f"{name} measures itself and others")
            _, shown = self.metrics(name)
            # Each node has all of the cluster's, but of the others not those of shards that it does not have.
            self.assertEqual({metric for metric in named if metric.startswith("usher_cluster_")},
                             {metric for metric in shown if metric.startswith("usher_cluster_")})
            self.assertIsInstance(await self.hold_at_last(node, GALA, f"row{ord(name) % ROWS}-1-1"), dict)
        self.assertEqual(named, set().union(*[self.metrics(name)[1] for name in self.nodes]))
        self.assertGreater(self.sum_of("usher_cluster_requests_remote_total"), 0)
        self.assertGreater(self.sum_of('usher_cluster_hand_overs_total{result="given"}'), 0)
        self.assertGreater(self.sum_of("usher_cluster_hand_over_pause_seconds_count"), 0)
        self.assertEqual(self.sum_of("usher_cluster_takeovers_total"), 0)
        lost = self.counts()["c"]
        self.nodes.pop("c").kill()
        await asyncio.to_thread(await_true, self.is_spread, 30, "the two others have all shards")
        self.assertEqual(self.sum_of("usher_cluster_takeovers_total"), lost)
        self.assertEqual(self.sum_of('usher_cluster_ended_total{why="refused"}'), 1)
        for name in self.nodes:
            await asyncio.to_thread(await_true, lambda name=name: self.metrics(name)[0]['usher_cluster_link_up{peer="c"}'] == 0,
                                    10, "the link to the dead node is down")

    # ---- refused at the start ----

    def refused(self, config, store=None, code=1):
        """What a node says that must not start; it may wait for several seconds first."""
        file = pathlib.Path(self.folder()) / "refused.conf"
        file.write_text(config + "\n")
        done = subprocess.run([PROGRAM, "node", "--config", str(file), "--http", "127.0.0.1:0", "--admin", "127.0.0.1:0",
                               "--store", store or self.database.url], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "USHER_ADMIN_KEY": ADMIN_KEY})
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertRegex(done.stderr.splitlines()[-1], "^usher: ")
        return done.stderr.splitlines()[-1]

    def alone(self):
        node = Node(self.database.url, self.folder())
        self.addCleanup(node.stop)
        return node.start()

    def test_a_cluster_on_sqlite_is_refused(self):
        said = self.refused('cluster { name = "a" }', store=f"sqlite:{self.folder()}/usher.db", code=2)
        self.assertEqual(said, "usher: cluster.name = a: a cluster needs PostgreSQL, and store.url is an SQLite file, which one"
                               " node serves")

    def test_half_a_tls_configuration_is_refused(self):
        for tls in ('certificate = "a.pem"', 'certificate = "a.pem", key = "a.key"', 'authorities = "authority.pem"'):
            said = self.refused(f'cluster {{ name = "a", listen = "127.0.0.1:{free_port()}", tls {{ {tls} }} }}',
                                store="postgres://nobody@127.0.0.1:1/nothing", code=2)
            self.assertEqual(said, "usher: cluster.tls.certificate, cluster.tls.key and cluster.tls.authorities: set all three,"
                                   " or none")

    def test_a_second_node_of_the_same_name_is_refused(self):
        self.database = self.postgres()
        self.nodes = {"a": self.member("a")}
        said = self.refused(self.config_of("a"))
        self.assertIn(f'the name "a" is taken by node 1 ("a", for other nodes at 127.0.0.1:', said)
        self.assertIn(f"for clients at 127.0.0.1:{self.nodes['a'].http_port}), which is up since", said)
        self.assertIn("stop that one, or start this one with another cluster.name", said)
        self.assertEqual(self.nodes["a"].get("/readyz").status, 200)

    def test_a_node_alone_and_a_cluster_do_not_share_a_store(self):
        self.database = self.postgres()
        alone = self.alone()
        said = self.refused(self.config_of("a"))
        self.assertIn(f"this store is served alone by a node without a name, node 1 (for other nodes at no address, for clients at"
                      f" 127.0.0.1:{alone.http_port})", said)
        self.assertIn("give it a name (cluster.name) if both are to serve the store", said)
        self.assertEqual(alone.get("/readyz").status, 200)
        for words in (["drain", "a"], ["undrain", "a"], ["rebalance"]):
            done = alone.verb("cluster", *words)
            self.assertEqual((done.returncode, done.stderr),
                             (1, "usher: Conflict: This node serves its store alone: there are no others.\n"))
        self.assertRegex(alone.verb("cluster", "status").stdout, r"(?m)^\(alone\) +up ")
        alone.stop()
        self.nodes = {"a": self.member("a")}
        said = self.refused("")
        self.assertIn('this store is served by nodes with names, one of them node 2 ("a", for other nodes at', said)
        self.assertIn("give this one a name, too (cluster.name), or stop all of them", said)
        self.assertEqual(self.nodes["a"].get("/readyz").status, 200)

    def test_a_pooler_that_lends_sessions_for_transactions_is_refused(self):
        self.database = self.postgres()
        self.nodes = {"a": self.member("a")}
        self.nodes["a"].create_event(GALA, plan_of({"stalls": (1, 4)}), "--no-waiting-room", "--open")
        def pooled(sessions):
            pooler = TransactionPooler(self.database.port, sessions)
            self.addCleanup(pooler.close)
            return f"postgres://usher@127.0.0.1:{pooler.port}/postgres"
        # With one session for everything it does no harm: it is no pooler.
        self.assert_audit_ok(GALA, pooled(1))
        said = self.refused(self.config_of("b"), store=pooled(2))
        self.assertEqual(said, "usher: the PostgreSQL server is reached through a pooler that changes sessions between transactions,"
                               " and Usher needs a session of its own: give store.url the server's own address, or set the pooler"
                               " to whole sessions (for PgBouncer: pool_mode = session)")
        self.assertEqual(self.statuses(), {"a": "up"})

    def test_sandboxes_on_several_hosts_are_refused_unless_that_is_allowed(self):
        self.database = self.postgres()
        self.nodes = {"a": self.member("a")}
        # It has no shard, so nobody asks who the owner of its shards is.
        self.rows("UPDATE usher.node SET owner = 'elsewhere:4711/0123456789abcdef'")
        said = self.refused(self.config_of("b"))
        self.assertIn('node 1 ("a") is on another host, elsewhere, and this one on ', said)
        self.assertIn("each host has a payment sandbox of its own, so that payments which one began are unknown on the other", said)
        self.assertIn("cluster.allow-sandbox = true allows it", said)
        self.config_of = lambda name: Operators.config_of(self, name).replace(" }", ", allow-sandbox = true }")
        self.nodes["b"] = self.member("b")
        await_true(lambda: self.statuses() == {"a": "up", "b": "up"}, 10, "both are up")


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
