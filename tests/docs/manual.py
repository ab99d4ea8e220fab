#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares amcfs(1) with what the program says of itself: manual.py AMCFS AMCFS.1

Commands, the options of each, mount options and exit codes must be the same in
both; so must be the synopsis, word for word.
"""
import re
import subprocess
import sys

AMCFS, PAGE = sys.argv[1:3]
EXIT_CODES = {"0": "done", "1": "failed", "2": "wrong usage",
              "3": "the configuration is wrong", "124": "timeout"}
failures = []


def same(what, program, manual):
    if program != manual:
        failures.append(f"{what}\n  program: {program}\n  manual:  {manual}")
    if not program:
        failures.append(f"{what}: nothing was found, so nothing was compared")


def program(*args):
    done = subprocess.run([AMCFS, *args], capture_output=True, text=True, timeout=60)
    if done.returncode != 0 or done.stderr:
        failures.append(f"{args}: exit code {done.returncode}, {done.stderr!r}")
    return done.stdout


def plain(line):
    """A line of the page without its macro and its fonts."""
    line = re.sub(r"^\.(BI|BR|IB|IR|RB|RI|B|I)\s+", "", line)
    line = re.sub(r"\\f.", "", line).replace("\\-", "-").replace("\\e", "\\")
    return line.replace('"', "").strip()


def sections(text):
    """{"SECTION" or "SECTION/Sub": lines}"""
    found, name, sub = {}, "", ""
    for line in text.splitlines():
        if line.startswith(".SH "):
            name, sub = line[4:].strip('"'), ""
        elif line.startswith(".SS "):
            sub = "/" + line[4:].strip('"')
        else:
            found.setdefault(name + sub, []).append(line)
    return found


def tags(lines):
    """The lines behind .TP, each with the text that follows it."""
    found = []
    for i, line in enumerate(lines):
        if line == ".TP":
            found.append((plain(lines[i + 1]), plain(lines[i + 2])))
    return found


def option_names(words):
    return sorted(re.findall(r"(?<![\w-])--?[A-Za-z][\w-]*", words))


def help_options(text):
    """Options in the left column of a help text."""
    left = [line[:22] for line in text.splitlines() if re.match(r"  -", line)]
    return option_names(" ".join(left))


with open(PAGE, encoding="utf-8") as f:
    page = sections(f.read())
everything = program("--help")

synopsis = [re.sub(r"^Usage:", "", line).strip() for line in everything.splitlines()
            if re.match(r"(Usage:|      ) amcfs ", line)]
same("synopsis", synopsis,
     [plain(line) for line in page["SYNOPSIS"] if line.startswith(".B ")])

verbs = [line.split()[1] for line in synopsis if re.match(r"amcfs [a-z]", line)]
same("commands", verbs + ["Everywhere"],
     [name.split("/")[1] for name in page if name.startswith("COMMANDS/")])
for verb in verbs:
    same(f"options of {verb}", help_options(program(verb, "--help")),
         option_names(" ".join(tag for tag, _ in tags(page.get(f"COMMANDS/{verb}", [])))))
    if program(verb, "--help").splitlines()[1] not in everything:
        failures.append(f"{verb} --help says something else than --help")

same("options of mounting",
     help_options(everything.split("Mounts Amazon")[1].split("\n\n")[0]),
     option_names(" ".join(tag for tag, _ in tags(page["MOUNTING"]))))
same("options everywhere", help_options(everything.split("Everywhere:")[1]),
     option_names(" ".join(tag for tag, _ in tags(page["COMMANDS/Everywhere"]))))

mount_help = everything.split("Mount options")[1].split("Those that mount(8)")[0]
same("mount options",
     sorted(re.findall(r"^  ([^\s,]+(?:, [^\s,]+)?) +\S", mount_help, re.M)),
     sorted(re.sub(r" *([,=]) *", r"\1", tag).replace(",", ", ")
            for tag, _ in tags(page["MOUNTING/Mount options"])))

codes = dict(re.findall(r"^  (\d+) +(.+)$", everything.split("Exit codes:")[1], re.M))
same("exit codes", codes, EXIT_CODES)
same("exit codes", codes, {tag: text.split(";")[0]
                           for tag, text in tags(page["EXIT STATUS"])})

if not re.fullmatch(r"amcfs \d+\.\d+\.\d+\n", program("--version")):
    failures.append("--version does not say amcfs and three numbers")

sys.exit("\n".join(failures) or 0)
