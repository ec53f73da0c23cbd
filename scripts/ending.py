"""How scripts speak and end: in UTF-8 whatever the locale is, and in a line where a program that
they call, or the system, fails."""

import argparse
import os
import pathlib
import subprocess
import sys


def printable(text):
    """What is quoted of a command line or a file steers no terminal."""
    return "".join(letter if letter.isprintable() or letter == "\n"
                   else letter.encode("unicode_escape").decode() for letter in text)


class Parser(argparse.ArgumentParser):
    """Of the words of a script that describes its options itself. Help that cannot be written is an
    error: argparse's own passes over it."""

    def __init__(self, description):
        super().__init__(description=description, usage=argparse.SUPPRESS,
                         formatter_class=argparse.RawDescriptionHelpFormatter)

    def add(self, *names, **settings):
        self.add_argument(*names, help=argparse.SUPPRESS, **settings)

    def error(self, message):
        super().error(printable(message))

    def print_help(self, file=None):
        (file or sys.stdout).write(self.format_help())


def speak_utf8():
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def spoken(word):
    """A word of the command line as text: it is UTF-8 in every locale."""
    return os.fsencode(word).decode("utf-8", "replace")


def exit_of(error):
    """What to end with after a program failed: it has said why, unless a signal ended it."""
    if error.returncode > 0:
        return error.returncode
    command = error.cmd if isinstance(error.cmd, str) else str(error.cmd[0])
    return f"{pathlib.Path(command).name} was ended by signal {-error.returncode}"


def run_script(main):
    name = pathlib.Path(sys.argv[0]).name
    speak_utf8()
    try:
        try:
            main()
        finally:
            sys.stdout.flush()
    except SystemExit as end:
        sys.exit(printable(end.code) if isinstance(end.code, str) else end.code)
    except subprocess.CalledProcessError as error:
        end = exit_of(error)
        sys.exit(end if isinstance(end, int) else f"{name}: {end}")
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what could not be written is not tried again
        sys.exit(printable(f"{name}: {error}"))
    except KeyboardInterrupt:
        sys.exit(130)
