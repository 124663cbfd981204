"""The include table of docs/ARCHITECTURE.md holds: no folder includes what the table does not allow it."""

import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What only some places may include, whatever the table says: header prefix → allowed files.
CONFINED = {
    r"pqxx/|libpq": r"persistence/postgres/(\w+\.cpp|arguments\.hpp)|tests/persistence/.*",
    r"sqlite3\.h": r"persistence/sqlite/\w+\.cpp|tests/.*",
    r"boost/beast|boost/asio": r"(gateway|crowd|bench|node|tests)/.*",
    # The link's only checks certificates before CAF reads them, which would end the process.
    r"boost/asio/ssl|openssl/ssl": r"(crowd|tests)/.*|cluster/link/tls_files\.cpp",
    r"jwt\.h": r"codec/signed_claims\.cpp|tests/codec/tokens_test\.cpp",
    r"boost/json": r"(codec|gateway|crowd|bench|node|tests)/.*",
    r"CLI/": r"(node|tests/simulation)/.*",
    r"spdlog/": r"log/.*",
    r"caf/(io|openssl)/": r"(cluster/link|node|tests)/.*",
    # Sessions and calls are given what they need, and ask no thread for it.
    r"gateway/thread/(session_thread|thread_parts)\.": r"gateway/(server|listener)\.cpp|gateway/thread/.*|tests/.*",
}

# Folders in which no files include each other, not even in a circle of several; a header and its source are one.
WITHOUT_CIRCLES = ("domain", "messages", "cluster", "gateway")


def table():
    """The rows `| folder | may include |`: folder → names of folders it may include."""
    text = (ROOT / "docs/ARCHITECTURE.md").read_text()
    rows = re.search(r"\| folder \| may include[^\n]*\n\|[-| ]+\n((?:\|[^\n]+\n)+)", text)
    allowed = {}
    for row in rows.group(1).strip().splitlines():
        names, may = (cell.strip() for cell in row.strip("|").split("|")[:2])
        for name in re.findall(r"\w+", names):
            allowed[name] = set(re.findall(r"`(\w+)`", may))
    return allowed


def sources():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.cpp", "*.hpp"],
        cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return [pathlib.Path(name) for name in listed if (ROOT / name).exists()]


def includes(path):
    return re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', (ROOT / path).read_text(), re.M)


def unlisted(paths):
    """Those that no CMakeLists.txt names: by their file's name, or, as fuzz targets and stories go, without its end."""
    lists = "".join((ROOT / name).read_text() for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*CMakeLists.txt"],
        cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())
    words = set(re.findall(r"[\w.-]+", lists))
    short = {path: path.stem.removesuffix("_test") for path in paths if path.suffix == ".py" or path.parts[1] == "fuzz"}
    return [str(path) for path in paths if path.name not in words and short.get(path) not in words]


class Layering(unittest.TestCase):
    def test_every_folder_with_sources_stands_in_the_table(self):
        folders = {path.parts[0] for path in sources()}
        self.assertTrue(folders)
        self.assertEqual(folders - set(table()), set())

    def test_no_folder_includes_what_the_table_does_not_allow(self):
        allowed, wrong = table(), []
        for path in sources():
            folder = path.parts[0]
            for header in includes(path):
                target = header.split("/")[0]
                if target in allowed and target != folder and target not in allowed[folder]:
                    wrong.append(f"{path} includes {header}")
        self.assertEqual(wrong, [])

    def test_the_domain_stands_on_the_standard_library_alone(self):
        wrong = [f"{path} includes {header}" for path in sources() if path.parts[0] == "domain"
                 for header in includes(path)
                 if "/" in header and not header.startswith(("domain/", "boost/unordered", "boost/multi_index"))]
        self.assertEqual(wrong, [])

    def test_foreign_libraries_stay_where_they_belong(self):
        wrong = [f"{path} includes {header}" for path in sources() for header in includes(path)
                 for prefix, place in CONFINED.items()
                 if re.match(prefix, header) and not re.fullmatch(place, str(path))]
        self.assertEqual(wrong, [])

    def test_some_folders_have_no_circles_inside(self):
        uses = {}
        for path in sources():
            if path.parts[0] in WITHOUT_CIRCLES:
                headers = (pathlib.Path(header) for header in includes(path))
                uses.setdefault(path.with_suffix(""), set()).update(
                    header.with_suffix("") for header in headers if header.parts[0] == path.parts[0])
        for unit, used in uses.items():
            used.discard(unit)
        # Whoever uses nobody who is left is no part of a circle.
        while free := {unit for unit, used in uses.items() if not used & uses.keys()}:
            uses = {unit: used for unit, used in uses.items() if unit not in free}
        self.assertEqual(uses, {})

    def test_every_source_is_built_and_every_story_told(self):
        """A test that no list names would never run, and nobody would notice."""
        told = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "tests/*_test.py"],
                              cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
        files = [path for path in sources() if path.suffix == ".cpp"] + [pathlib.Path(name) for name in told]
        self.assertEqual(unlisted(files), [])

    def test_our_headers_are_included_from_the_root(self):
        wrong = [f"{path} includes {name}" for path in sources()
                 for name in re.findall(r'^\s*#\s*include\s*"([^"]+)"', (ROOT / path).read_text(), re.M)
                 if "/" not in name]
        self.assertEqual(wrong, [])

    def test_a_given_has_one_when_because_another_would_not_begin_afresh(self):
        wrong = []
        for path in sources():
            if path.parts[0] != "tests":
                continue
            whens = 0
            for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
                if re.match(r"\s*(SCENARIO|GIVEN)\(", line):
                    whens = 0
                elif re.match(r"\s*WHEN\(", line):
                    whens += 1
                    if whens > 1:
                        wrong.append(f"{path}:{number}")
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
