"""`./dev certs` makes what the links between nodes need, and nothing that others could use."""

import pathlib
import stat
import subprocess
import sys
import tempfile
import unittest

DEV = pathlib.Path(__file__).resolve().parents[2] / "dev"


class Certificates(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="usher-system-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def certs(self, *arguments):
        return subprocess.run([DEV, "certs", *arguments], cwd=self.folder, capture_output=True, text=True, timeout=60)

    def is_accepted(self, certificate, purpose):
        return subprocess.run(
            ["openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile", "made/authority.pem", certificate],
            cwd=self.folder, capture_output=True).returncode == 0

    def made(self):
        return {path.name for path in (self.folder / "made").iterdir()}

    def test_nodes_can_dial_and_be_dialled_with_them_and_make_no_others(self):
        self.assertEqual(self.certs("made", "a", "b.north").returncode, 0)
        self.assertEqual(self.made(), {"authority.key", "authority.pem", "a.key", "a.pem", "b.north.key", "b.north.pem"})
        for name in ("a", "b.north"):
            self.assertTrue(self.is_accepted(f"made/{name}.pem", "sslserver"))
            self.assertTrue(self.is_accepted(f"made/{name}.pem", "sslclient"))
            shown = subprocess.run(["openssl", "x509", "-noout", "-text", "-in", f"made/{name}.pem"], cwd=self.folder,
                                   capture_output=True, text=True, check=True).stdout
            self.assertIn("CA:FALSE", shown)
            self.assertIn(f"DNS:{name}", shown)

    def test_nobody_else_may_read_them(self):
        self.certs("made", "a")
        for path in (self.folder / "made").iterdir():
            self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o077, 0, path)

    def test_further_nodes_come_from_the_same_authority(self):
        self.certs("made", "a")
        authority = (self.folder / "made/authority.pem").read_bytes()
        self.assertEqual(self.certs(self.folder / "made", "b").returncode, 0)
        self.assertEqual((self.folder / "made/authority.pem").read_bytes(), authority)
        self.assertTrue(self.is_accepted("made/a.pem", "sslserver"))
        self.assertTrue(self.is_accepted("made/b.pem", "sslserver"))

    def test_another_authority_is_another_cluster(self):
        self.certs("made", "a")
        self.certs("others", "a")
        self.assertFalse(self.is_accepted("others/a.pem", "sslserver"))

    def test_what_is_no_name_of_a_node_makes_nothing(self):
        for names in ((), ("two words",), ("../a",), ("a", "b/c"), ("authority",), ("x" * 64,)):
            done = self.certs("made", *names)
            self.assertNotEqual(done.returncode, 0, names)
            self.assertIn("name" if names else "which nodes", done.stderr)
        self.assertFalse((self.folder / "made").exists())


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
