"""Three nodes, a database and a crowd, and everything that can go wrong; `./dev chaos` runs this."""

import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import namespaces  # noqa: E402
import network_faults  # noqa: E402,F401
import node_faults  # noqa: E402,F401
import store_faults  # noqa: E402,F401
from database import Database  # noqa: E402
from fault import FAULTS  # noqa: E402
from run import Run  # noqa: E402
from world import NAMES, World  # noqa: E402

BUILD = HERE.parents[1] / "build"
PROGRAMS = {"usher": "usher", "failpoints": "usher-failpoints"}


def arguments():
    wishes = argparse.ArgumentParser(prog="./dev chaos", description=__doc__)
    wishes.add_argument("--minutes", type=float, help="how long, at least; without it every fault happens once")
    wishes.add_argument("--seed", type=int, default=1, help="chooses the faults and what the crowd does (default: 1)")
    wishes.add_argument("--only", metavar="FAULT,…", help="of these faults only")
    wishes.add_argument("--without", metavar="FAULT,…", help="of all but these")
    wishes.add_argument("--network", choices=("any", "namespaces", "loopback"), default="any",
                        help="how hosts are told apart (default: namespaces where they can be made)")
    wishes.add_argument("--slack", type=float, default=3, help="by what bounds of time are multiplied (default: 3)")
    wishes.add_argument("--keep", action="store_true", help="keep logs and records also when all is well")
    wishes.add_argument("--json", action="store_true", help="print one JSON object")
    wishes.add_argument("--list", action="store_true", help="print the faults, and end")
    wished = wishes.parse_args()
    named = (wished.only or "").split(",") + (wished.without or "").split(",")
    unknown = [name for name in named if name and name not in FAULTS]
    if unknown:
        wishes.error(f"there is no fault {', '.join(unknown)}; --list shows them")
    if wished.minutes is not None and not 0 < wished.minutes <= 24 * 60:
        wishes.error("--minutes: more than 0, and at most a day")
    if wished.slack < 1:
        wishes.error("--slack: 1 or more")
    return wished


def network_of(wished):
    hosts = [*NAMES, Database.HOST]
    why_not = namespaces.lacks() if wished != "loopback" else "--network loopback"
    if why_not is None:
        return namespaces.Namespaces(hosts)
    if wished == "namespaces":
        raise SystemExit(f"no network namespaces: {why_not}")
    from loopback import Loopback
    return Loopback(hosts, why_not)


def programs(folder):
    """Copies: what is tried stays the same, whatever is built meanwhile."""
    copies = {}
    for name, variable in (("usher", "USHER_PROGRAM"), ("failpoints", "USHER_FAILPOINTS_PROGRAM")):
        place = pathlib.Path(os.environ.get(variable, BUILD / PROGRAMS[name]))
        if place.exists():
            copies[name] = str(shutil.copy(place, folder / PROGRAMS[name]))
    if "usher" not in copies:
        raise SystemExit("there is no build/usher: `./dev build` makes it")
    return copies


def judged(folder, world):
    """What the checker, a program of its own, finds in the record."""
    done = subprocess.run([sys.executable, str(HERE / "checker.py"), str(folder), "--store", world.database.url, "--program",
                           world.programs["usher"], "--json"], capture_output=True, text=True, timeout=900)
    if done.returncode not in (0, 1):
        raise AssertionError(f"the checker broke down:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout)


def main():
    wished = arguments()
    if wished.list:
        for one in FAULTS.values():
            print(f"{one.name:22}{one.sentence}")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="usher-chaos-"))
    folder.chmod(0o755)  # the database's account goes through it
    network = network_of(wished.network)
    world = run = None
    good = False
    try:
        world = World(network, folder, programs(folder), wished.seed)
        run = Run(world, wished, random.Random(wished.seed))
        summary = run.all(lambda: judged(folder, world))
        good = summary["verdict"] == "ok"
        print(json.dumps(summary) if wished.json else run.text(summary))
        return 0 if good else 1
    finally:
        if world:
            world.end()
        network.close()
        if good and not wished.keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            for program in PROGRAMS.values():
                (folder / program).unlink(missing_ok=True)
            print(f"logs and records: {folder}", file=sys.stderr)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
