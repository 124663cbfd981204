"""The program is built so that a fault in memory meets obstacles. The only argument is the program."""

import re
import subprocess
import sys
import unittest


def shown(*what):
    return subprocess.run(["readelf", "--wide", *what, sys.argv[1]], check=True, capture_output=True, text=True).stdout


class Hardened(unittest.TestCase):
    def test_it_runs_at_addresses_of_chance(self):
        self.assertRegex(shown("--file-header"), r"Type:\s+DYN")
        self.assertRegex(shown("--dynamic"), r"FLAGS_1.*\bPIE\b")

    def test_the_linkers_tables_are_read_only_and_the_stack_is_no_code(self):
        segments = shown("--segments")
        self.assertIn("GNU_RELRO", segments)
        self.assertRegex(segments, r"GNU_STACK .* RW ")
        self.assertRegex(shown("--dynamic"), r"FLAGS.*\bNOW\b")

    def test_return_addresses_are_guarded_and_sizes_checked(self):
        checks = set(re.findall(r"UND (__\w+_chk\w*)", shown("--dyn-syms")))
        self.assertIn("__stack_chk_fail", checks)
        self.assertTrue(any(name.endswith("_chk") for name in checks), checks)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
