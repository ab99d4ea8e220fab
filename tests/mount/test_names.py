#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Names: overwriting, appending, renaming, removing, before and after the end."""
import errno
import os

import harness
from harness import Writer, people, until

DATA, OTHER = people(4), people(6, 30)


class Names(harness.Case):
    def code(self, function, *arguments):
        with self.assertRaises(OSError) as e:
            function(*arguments)
        return e.exception.errno

    def write(self, name, data, flags=os.O_WRONLY):
        fd = os.open(self.drop(name), flags)
        try:
            os.write(fd, data)
        finally:
            os.close(fd)

    def test_overwrite_a_finished_file(self):
        self.put("a.csv", DATA)
        self.succeeded("a.csv", DATA)
        self.put("a.csv", OTHER)
        self.assertEqual(os.stat(self.drop("a.csv")).st_size, len(OTHER))
        self.succeeded("a.csv", OTHER, count=2, uploads=2)

    def test_overwrite_a_running_one(self):
        self.emu.config(hold_uploads=True)
        self.put("a.csv", DATA)
        self.wait_state("a.csv", "running")
        self.put("a.csv", OTHER)
        self.emu.config(hold_uploads=False)
        self.succeeded("a.csv", OTHER, count=2, uploads=2)

    def test_append_to_a_finished_file(self):
        self.put("a.csv", DATA)
        self.succeeded("a.csv", DATA)
        for flags in (os.O_WRONLY | os.O_APPEND, os.O_WRONLY):
            self.assertEqual(self.code(self.write, "a.csv", b"x", flags),
                             errno.EOPNOTSUPP)
        done = self.sh("echo x >> a.csv")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("Operation not supported", done.stderr)
        self.assertEqual(len(self.jobs()), 1)
        self.assertEqual(os.stat(self.drop("a.csv")).st_size, len(DATA))

    def test_truncate_while_another_writes(self):
        writer = Writer(self, self.drop("a.csv"))
        self.assertEqual(writer.write(DATA), "ok")
        self.assertEqual(self.code(os.open, self.drop("a.csv"),
                                   os.O_WRONLY | os.O_TRUNC), errno.EBUSY)
        self.assertEqual(writer.do("close"), "ok")
        self.succeeded("a.csv", DATA)

    def test_remove_a_finished_file(self):
        self.put("a.csv", DATA)
        self.succeeded("a.csv", DATA)
        os.unlink(self.drop("a.csv"))
        self.assertNotIn("a.csv", os.listdir(self.drop()))
        self.assertEqual(self.one("a.csv")["state"], "succeeded")
        self.put("a.csv", OTHER)
        self.succeeded("a.csv", OTHER, count=2, uploads=2)

    def test_remove_a_running_file(self):
        self.emu.config(hold_uploads=True)
        self.put("a.csv", DATA)
        self.wait_state("a.csv", "running")
        self.assertEqual(self.code(os.unlink, self.drop("a.csv")), errno.EBUSY)
        self.emu.config(hold_uploads=False)
        self.succeeded("a.csv", DATA)

    def test_remove_while_it_is_written(self):
        writer = Writer(self, self.drop("a.csv"))
        self.assertEqual(writer.write(DATA), "ok")
        record = self.one("a.csv")
        os.unlink(self.drop("a.csv"))
        self.assertNotEqual(writer.write(DATA), "ok")
        writer.do("close")
        until(lambda: not self.left_in_s3(record), "S3 to be swept", self.world)
        self.no_job()

    def test_rename_is_the_end_of_a_temporary_name(self):
        for n, name in enumerate((".a.csv.Xy12Zz", "a.csv.tmp", "a.csv.part", "a.csv~",
                                  "a.filepart", "tmpabcd1234", "sedAbCdEf", "a.swp",
                                  "ziAbCdEf", ".goutputstream-A1B2C3", "~$a.csv")):
            final = "final%d.csv" % n
            with open(self.drop(name), "wb") as f:
                f.write(people(1, n))
            self.wait_state(name, "held")
            os.rename(self.drop(name), self.drop(final))
            self.assertEqual(self.records(name), [])
        for m in range(n + 1):
            record = self.wait_state("final%d.csv" % m, "succeeded")
            self.check_staged(record, people(1, m))
        self.assertEqual(len(self.jobs()), n + 1)
        self.assertEqual(len(self.uploads()), n + 1)

    def test_rename_while_open(self):
        writer = Writer(self, self.drop(".goutputstream-A1B2C3"))
        self.assertEqual(writer.write(DATA), "ok")
        os.rename(self.drop(".goutputstream-A1B2C3"), self.drop("a.csv"))
        self.assertEqual(writer.write(people(1, 70, False)), "ok")
        self.assertEqual(writer.do("close"), "ok")
        self.succeeded("a.csv", DATA + people(1, 70, False))
        self.assertEqual(len(self.jobs()), 1)

    def test_rename_over_a_finished_file(self):
        self.put("a.csv", DATA)
        self.succeeded("a.csv", DATA)
        self.put("a.csv.tmp", OTHER)
        os.rename(self.drop("a.csv.tmp"), self.drop("a.csv"))
        self.succeeded("a.csv", OTHER, count=2, uploads=2)
        self.assertEqual(os.stat(self.drop("a.csv")).st_size, len(OTHER))

    def test_rename_that_must_not_replace(self):
        self.put("a.csv", DATA)
        self.put("b.csv", OTHER)
        self.sh("mv -n a.csv b.csv")
        self.assertEqual(os.stat(self.drop("b.csv")).st_size, len(OTHER))
        self.assertEqual(os.stat(self.drop("a.csv")).st_size, len(DATA))
        until(lambda: len(self.uploads()) == 2, "both uploads", self.world)

    def test_rename_into_another_drop_folder(self):
        self.put("a.csv", DATA)
        self.assertEqual(self.code(os.rename, self.drop("a.csv"),
                                   self.drop("FULL_REPLACE", "a.csv")), errno.EXDEV)
        self.succeeded("a.csv", DATA)

    def test_rename_below_one_drop_folder(self):
        os.mkdir(self.drop("in"))
        os.mkdir(self.drop("done"))
        self.put("in/a.csv.part", DATA)
        os.rename(self.drop("in", "a.csv.part"), self.drop("done", "a.csv"))
        self.succeeded("done/a.csv", DATA)

    def test_the_same_name_in_two_drop_folders(self):
        self.put("ADDITIVE/a.csv", DATA)
        self.put("FULL_REPLACE/a.csv", OTHER)
        until(lambda: len(self.uploads()) == 2, "both uploads", self.world)
        self.wait_state("a.csv", "succeeded", count=2)
        self.assertEqual(self.wait_command(self.drop(
            "ADDITIVE", "a.csv"), self.drop("FULL_REPLACE", "a.csv")).returncode, 0)
        self.assertEqual([j["strategy"] for j in self.jobs()],
                         ["FULL_REPLACE", "ADDITIVE"])

    def test_odd_names(self):
        for n, name in enumerate(("a b.csv", "Ünï.csv", "-x.csv", "x" * 251 + ".csv",
                                  "a\nb.csv", 'q"uote\\.csv')):
            with open(self.drop(name), "wb") as f:
                f.write(people(1, n))
            self.wait_state(name, "succeeded")
        self.assertEqual(self.code(open, self.drop("x" * 256), "wb"),
                         errno.ENAMETOOLONG)

    def test_editor_probe(self):
        with open(self.drop("4913"), "wb"):
            os.chown(self.drop("4913"), 0, 0)
        os.unlink(self.drop("4913"))
        self.no_job()


class Settling(harness.Case):
    """Between the end of a file and the end of its settling."""
    mount = {"settle": harness.LONG}

    def test_overwrite(self):
        """O_TRUNC starts the file anew: the first content is withdrawn."""
        self.put("a.csv", DATA)
        self.put("a.csv", OTHER)
        self.settle()
        self.succeeded("a.csv", OTHER)

    def test_remove(self):
        self.put("a.csv", DATA)
        record = self.wait_state("a.csv", "held")
        os.unlink(self.drop("a.csv"))
        until(lambda: not self.left_in_s3(record), "S3 to be swept", self.world)
        self.no_job()

    def test_rename(self):
        self.put("a.csv", DATA)
        os.rename(self.drop("a.csv"), self.drop("b.csv"))
        self.settle()
        self.succeeded("b.csv", DATA)
        self.assertEqual(len(self.jobs()), 1)

    def test_rename_into_a_temporary_name(self):
        """What an editor does with a backup: it is no file for AMC any more."""
        self.put("a.csv", DATA)
        os.rename(self.drop("a.csv"), self.drop("a.csv~"))
        self.wait_state("a.csv~", "held")
        self.put("b.csv", OTHER)
        self.settle()
        self.succeeded("b.csv", OTHER)
        self.assertEqual(self.one("a.csv~")["state"], "held")


class Hold(harness.Case):
    mount = {"hold_timeout": "1s"}

    def test_nobody_renames(self):
        self.put("a.csv.tmp", DATA)
        self.interrupted("a.csv.tmp")


class Patterns(harness.Case):
    upload = {"ignore": "*.new, in-*"}

    def test_more(self):
        for name in ("a.new", "in-a.csv"):
            self.put(name, DATA)
            self.wait_state(name, "held")
            os.rename(self.drop(name), self.drop(name + ".csv")
                      if name == "a.new" else self.drop("b.csv"))
        until(lambda: len(self.uploads()) == 2, "both uploads", self.world)


if __name__ == "__main__":
    harness.main()
