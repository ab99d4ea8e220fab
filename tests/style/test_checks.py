#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The checks of scripts/ pass a small tree that is right, and name each thing that is
then made wrong in it."""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = os.path.join(os.path.dirname(os.path.realpath(__file__)), "../../scripts")
TOP = os.path.join(SCRIPTS, "..")
SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"

GOOD = {
    "README.md": "# small\n\nSee [the design](docs/design.md) and `scripts/run`.\n",
    "docs/design.md": "# design\n\n`base/buf.[ch]`, `data/csv.c`: rows\n",
    "scripts/run": "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\ntrue\n",
    "src/base/buf.h": SPDX + "#pragma once\n\n#include <stddef.h>\n",
    "src/base/buf.c": SPDX + '#include "base/buf.h"\n\n#include <stdlib.h>\n\n'
                             "int buf_new(int n)\n{\n\treturn n;\n}\n",
    "src/data/csv.c": SPDX + '#include "base/buf.h"\n\nint csv_feed(int n);\n'
                             "int csv_feed(int n)\n{\n\treturn n;\n}\n",
}


class Checks(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="checks.")
        self.addCleanup(shutil.rmtree, self.root)
        shutil.copy(os.path.join(TOP, ".clang-format"), self.root)
        for path, text in GOOD.items():
            self.write(path, text)

    def write(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    def run_check(self, script, *words):
        done = subprocess.run(
            [sys.executable, "-B", os.path.join(SCRIPTS, script), "--root", self.root,
             *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False)
        return done.returncode, done.stdout

    def passes(self, script, *words):
        self.assertEqual(self.run_check(script, *words), (0, ""))

    def finds(self, script, sentence, *words):
        self.assertEqual(self.run_check(script, *words), (1, sentence + "\n"))

    def archive(self, layer, name, text):
        """lib<layer>.a of one source"""
        source = os.path.join(self.root, name + ".c")
        target = os.path.join(self.root, name + ".c.o")
        lib = os.path.join(self.root, "lib%s.a" % layer)
        with open(source, "w", encoding="utf-8") as f:
            f.write(text)
        cc = os.environ.get("CC", "cc")
        subprocess.run([cc, "-w", "-c", "-o", target, source], check=True)
        subprocess.run(["ar", "rcs", lib, target], check=True)
        os.remove(source)
        return lib


class Layers(Checks):
    def test_clean(self):
        self.passes("check-layers")
        self.passes("check-layers", self.archive("base", "buf", "int buf_x;"))

    def test_upward(self):
        self.write("src/base/buf.h", SPDX + '#include "job/job.h"\n')
        self.finds("check-layers",
                   "src/base/buf.h:2: base must not know of job (job/job.h)")

    def test_data_and_net(self):
        self.write("src/net/s3.c", SPDX + '#include "data/csv.h"\n')
        self.finds("check-layers",
                   "src/net/s3.c:2: net must not know of data (data/csv.h)")
        self.write("src/net/s3.c", SPDX)
        self.write("src/data/csv.c", SPDX + '#include "net/s3.h"\n')
        self.finds("check-layers",
                   "src/data/csv.c:2: data must not know of net (net/s3.h)")

    def test_foreign(self):
        self.write("src/net/s3.c", SPDX + "#include <curl/curl.h>\n")
        self.finds("check-layers",
                   "src/net/s3.c:2: <curl/curl.h> belongs to net/http.c alone")
        self.write("src/net/s3.c", SPDX + "#include <libxml/tree.h>\n")
        self.finds("check-layers",
                   "src/net/s3.c:2: <libxml/tree.h> is neither the system's nor named "
                   "in scripts/check-layers")

    def test_impure_include(self):
        self.write("src/data/csv.c", SPDX + "#include <unistd.h>\n")
        self.finds("check-layers",
                   "src/data/csv.c:2: data is pure and must not use <unistd.h>")
        self.write("src/data/csv.c", SPDX + '#include "base/log.h"\n')
        self.finds("check-layers",
                   "src/data/csv.c:2: data is pure and must not use base/log.h")

    def test_impure_call(self):
        lib = self.archive("data", "csv", "int csv_x(void) { return getenv(0) != 0; }")
        self.finds("check-layers",
                   "src/data/csv.c: data is pure and must not call getenv", lib)

    def test_export(self):
        lib = self.archive("job", "store_db",
                           "int store_a, store_db_b, staging_c; static int d;")
        self.finds("check-layers",
                   "src/job/store_db.c: exports staging_c, which is not named after it",
                   lib)


class Style(Checks):
    def finds_in(self, text, line, why, path="src/data/csv.c"):
        self.write(path, text)
        self.finds("check-style", "%s:%d: %s" % (path, line, why))

    def test_clean(self):
        self.passes("check-style")

    def test_columns(self):
        self.finds_in(SPDX + "int " + "x" * 87 + ";\n", 2,
                      "92 columns, more than 90")
        self.write("src/data/csv.c", SPDX + 'const char *x = "%s";\n' % ("x" * 80))
        self.passes("check-style")
        self.finds_in(SPDX + 'const char *x = "%s";\n' % ("x" * 95), 2,
                      "114 columns, more than 110")

    def test_licence(self):
        why = "the first line is not the licence's: " + SPDX.strip("/* \n")
        self.finds_in("int x;\n", 1, why)
        self.write("src/data/csv.c", SPDX)
        self.finds_in("#!/bin/sh\ntrue\n", 1, why, "scripts/run")

    def test_banned(self):
        for name, better in (("strcpy", "snprintf or memcpy"),
                             ("localtime", "base/timefmt"), ("system", "posix_spawn")):
            self.finds_in(SPDX + "int x = %s(y);\n" % name, 2,
                          "%s() is banned; use %s" % (name, better))
        self.finds_in(SPDX + "int x = time(NULL);\n", 2,
                      "time() is base/clock.c's alone")
        self.write("src/data/csv.c", SPDX + '/* strcpy(a, b) */ char x[] = "time()";\n'
                                            "int y = my_time(1) + a->time(2);\n")
        self.passes("check-style")

    def test_marks(self):
        mark = "TO" + "DO"
        self.finds_in(SPDX + "/* %s later */\n" % mark, 2,
                      mark + ": finish it, or file an issue")

    def test_blanks(self):
        self.finds_in(SPDX + "int x; \n", 2, "blanks at the end of the line")
        self.finds_in(SPDX + "        int x;\n", 2, "eight blanks where a tab belongs")
        self.finds_in(SPDX + "int x;", 2, "the last line does not end")

    def test_depth(self):
        def nested(depth):
            return SPDX + "int x(void)\n{\n" + "".join(
                "\t" * n + "if (y) {\n" for n in range(1, depth + 1)) + "".join(
                "\t" * n + "}\n" for n in range(depth, 0, -1)) + "}\n"
        self.write("src/data/csv.c", nested(3))
        self.passes("check-style")
        self.finds_in(nested(4), 7, "nested 4 deep, more than 3: make it a function")

    def test_function(self):
        def long(lines, above=""):
            return SPDX + above + "int x(void)\n{\n" + "\ty();\n" * (lines - 2) + "}\n"
        self.write("src/data/csv.c", long(60))
        self.passes("check-style")
        self.finds_in(long(61), 3, "a function of 61 lines, more than 60: say above it "
                                   "why it is so long, or split it")
        self.write("src/data/csv.c", long(61, "/* One table. */\n"))
        self.passes("check-style")
        self.finds_in(long(101, "/* One table. */\n"), 4,
                      "a function of 101 lines, more than 100: split it")

    def test_file(self):
        def long(lines, head):
            return SPDX + "/*\n * %s\n */\n" % head + "int x;\n" * (lines - 4)
        self.write("src/data/csv.c", long(400, "short"))
        self.passes("check-style")
        self.finds_in(long(401, "short"), 1, "401 lines, more than 400: say in its head "
                                             "why it is so long, or split it")
        self.write("src/data/csv.c", long(600, "It is long, being one table."))
        self.passes("check-style")
        self.finds_in(long(601, "It is long, being one table."), 1,
                      "601 lines, more than 600: split it")
        self.write("src/data/csv.c", SPDX)
        self.finds_in(long(121, "short"), 1, "121 lines, more than 120: say in its head "
                                             "why it is so long, or split it",
                      "src/base/buf.h")

    def test_layout(self):
        code, said = self.run_check("check-style", "--format")
        if code == 77:
            self.skipTest(said.strip())
        self.assertEqual((code, said), (0, ""))
        self.write("src/data/csv.c", SPDX + "int  x ;\n")
        code, said = self.run_check("check-style", "--format")
        self.assertEqual(code, 1)
        self.assertIn("src/data/csv.c:2:4: error: code should be clang-formatted", said)


class Docs(Checks):
    def test_clean(self):
        self.passes("check-docs")

    def test_missing_file(self):
        self.write("README.md", "Run `scripts/walk`, then `src/base/{buf,fub}.c`.\n")
        self.finds("check-docs", "README.md:1: there is no scripts/walk\n"
                                 "README.md:1: there is no src/base/fub.c")

    def test_link(self):
        self.write("README.md", "See [this](docs/nothing.md).\n")
        self.finds("check-docs",
                   "README.md:1: the link leads nowhere: docs/nothing.md")

    def test_untold(self):
        self.write("src/data/new.h", SPDX)
        self.finds("check-docs",
                   "docs/design.md does not tell what src/data/new.h is for")

    def test_gone(self):
        os.remove(os.path.join(self.root, "README.md"))
        self.finds("check-docs", "README.md is missing")


class Summary(unittest.TestCase):
    """scripts/test-summary must not call anything good that is not."""

    def summary(self, log, status=0):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
            f.write(log)
            f.flush()
            done = subprocess.run(
                [sys.executable, "-B", os.path.join(SCRIPTS, "test-summary"), f.name,
                 str(status)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    @staticmethod
    def line(name, result):
        return '{"name": "%s", "result": "%s"}\n' % (name, result)

    def test_good(self):
        log = self.line("a", "OK") + self.line("b", "EXPECTEDFAIL")
        self.assertEqual(self.summary(log), (0, "2 passed, 0 failed\n", ""))

    def test_bad(self):
        for result in ("FAIL", "TIMEOUT", "ERROR", "UNEXPECTEDPASS", "INTERRUPT", "new"):
            log = self.line("a", "OK") + self.line("b", result)
            self.assertEqual(self.summary(log, 1), (
                1, "%s: b\n1 passed, 1 failed\n" % result.lower(), ""))

    def test_skipped(self):
        log = self.line("a", "OK") + self.line("b", "SKIP")
        self.assertEqual(self.summary(log),
                         (0, "skipped: b\n1 passed, 0 failed, 1 skipped\n", ""))

    def test_nothing(self):
        self.assertEqual(self.summary(""),
                         (1, "0 passed, 0 failed\n", "test: nothing was tested\n"))
        self.assertEqual(self.summary(self.line("b", "SKIP")), (
            1, "skipped: b\n0 passed, 0 failed, 1 skipped\n",
            "test: nothing was tested\n"))

    def test_ended_early(self):
        self.assertEqual(self.summary(self.line("a", "OK"), 130), (
            1, "1 passed, 0 failed\n",
            "test: meson test ended early, with status 130\n"))


if __name__ == "__main__":
    unittest.main()
