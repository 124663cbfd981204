"""Every command of the README does what it says."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from node_process import PROGRAM, ROOT, free_port

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.M | re.S)
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]


def named_paths(document):
    """What stands in backticks and reads as a path of the repository; `name::member` as the file of `name`."""
    text = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.M | re.S)
    for quoted in re.findall(r"`([^`\s]+)[^`\n]*`", text):
        path = quoted.split("::")[0]
        if re.fullmatch(r"[\w.*-]+(/[\w.*-]*)+", path) and not path.startswith("build/"):
            yield path


def is_there(path, folder):
    """Whether a folder, a file, or a pair of header and source goes by this name or pattern."""
    return any(next(folder.glob(path.rstrip("/") + ending), None) for ending in ("", ".hpp", ".cpp"))


class Readme(unittest.TestCase):
    def test_every_dev_command_exists(self):
        # Their work is this very run: ./dev test, and ./dev demo in demo_test.
        named = set(re.findall(r"^\./dev (\w+)", "".join(BLOCKS), re.M))
        self.assertTrue(named)
        helped = subprocess.run([ROOT / "dev", "help"], capture_output=True, text=True, check=True).stdout
        for command in named:
            self.assertIn(f"./dev {command} ", helped)

    def test_the_commands_create_and_sell_an_event(self):
        script = "".join(block for block in BLOCKS if not block.startswith("./dev"))
        self.assertIn("event create", script)
        http, admin = free_port(), free_port()
        for find, put in ((r"build/usher node", f"build/usher node --http 127.0.0.1:{http} --admin 127.0.0.1:{admin}"),
                          (r"(build/usher event \w+ \w+)", rf"\1 --admin http://127.0.0.1:{admin}"),
                          (r"localhost:8080", f"127.0.0.1:{http}"),
                          (r"\bbuild/usher\b", PROGRAM), (r"\bdeploy/plans\b", str(ROOT / "deploy/plans"))):
            script = re.sub(find, put, script)
        with tempfile.TemporaryDirectory(prefix="usher-readme-") as folder:
            done = subprocess.run(["bash", "-euo", "pipefail", "-c", "trap 'kill %1; wait' EXIT\n" + script], cwd=folder,
                                  env={**os.environ, "http_proxy": ""}, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn('"code"', done.stdout)
        self.assertRegex(done.stdout, r"(?i)\bok\b")

    def test_every_relative_link_leads_somewhere(self):
        broken = [f"{document.relative_to(ROOT)}: {link}" for document in DOCUMENTS
                  for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text())
                  if not (document.parent / pathlib.Path(link)).exists()]
        self.assertEqual(broken, [])

    def test_every_path_in_the_text_leads_somewhere(self):
        named = {(document, path) for document in [*DOCUMENTS, *ROOT.glob("*/README.md")]
                 for path in named_paths(document)}
        self.assertIn((ROOT / "docs/HACKING.md", "domain/section"), named)
        broken = [f"{document.relative_to(ROOT)}: {path}" for document, path in named
                  if not is_there(path, ROOT) and not is_there(path, document.parent)]
        self.assertEqual(sorted(broken), [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
