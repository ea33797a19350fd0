# measure.py - commands run in rounds, with what each of them cost
"""One command's cost comes from wait4(): wall, user and system seconds, peak."""
import filecmp
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

MEBI = 1 << 20


class Run:
    """One execution: seconds by the clock and of processors, peak in bytes."""

    def __init__(self, wall, usage):
        self.wall = wall
        self.user, self.system = usage.ru_utime, usage.ru_stime
        self.cpu = self.user + self.system
        self.peak = usage.ru_maxrss * 1024


class Command:
    """A command line that is measured in every round.

    name      as the tables call it
    stdout    a file for its standard output; None: /dev/null
    output    what it makes: removed before each run
    same_as   what its output must equal, or the figures mean nothing
    """

    def __init__(self, name, argv, stdout=None, cwd=None, output=None,
                 same_as=None):
        self.name, self.argv = name, argv
        self.stdout, self.cwd = stdout, cwd
        self.output, self.same_as = output or stdout, same_as
        self.runs = []

    def middle(self, of):
        return statistics.median(getattr(run, of) for run in self.runs)

    @property
    def wall(self):
        return self.middle('wall')

    @property
    def cpu(self):
        return self.middle('cpu')

    @property
    def peak(self):
        return max(run.peak for run in self.runs)

    def __str__(self):
        return ' '.join(self.argv)


def say(text):
    """A progress line on a terminal; nothing elsewhere."""
    if sys.stderr.isatty():
        sys.stderr.write('\r\033[K' + text)
        sys.stderr.flush()


def stop(text):
    say('')
    sys.exit('bench: ' + text)


def remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def finish(child, words, begun, what):
    """Wait for a child and account for it; a failure ends the benchmark."""
    try:
        _, status, usage = os.wait4(child.pid, 0)
    except BaseException:  # interrupted: it must not outlive its folder
        child.kill()
        raise
    wall = time.perf_counter() - begun
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        words.seek(0)
        stop('%s: exit code %d\n%s' % (
            what, child.returncode, words.read().decode(errors='replace')))
    return Run(wall, usage)


class Measure:
    """Runs commands in one folder and environment."""

    def __init__(self, folder, env):
        self.folder, self.env = folder, env
        self.commands = {}

    def path(self, name):
        return os.path.join(self.folder, name)

    def size(self, name):
        return os.path.getsize(self.path(name))

    def do(self, argv, stdout=None, cwd=None):
        with open(self.path(stdout) if stdout else os.devnull, 'wb') as out, \
                tempfile.TemporaryFile(dir=self.folder) as words:
            begun = time.perf_counter()
            child = subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                                     stdout=out, stderr=words, env=self.env,
                                     cwd=self.path(cwd or ''))
            return finish(child, words, begun, ' '.join(argv))

    def pipe(self, writer, reader):
        """writer | reader: the cost of each."""
        with tempfile.TemporaryFile(dir=self.folder) as words:
            begun = time.perf_counter()
            first = subprocess.Popen(writer, stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE, stderr=words,
                                     env=self.env, cwd=self.folder)
            second = subprocess.Popen(reader, stdin=first.stdout,
                                      stdout=subprocess.DEVNULL, stderr=words,
                                      env=self.env, cwd=self.folder)
            first.stdout.close()
            return (finish(first, words, begun, ' '.join(writer)),
                    finish(second, words, begun, ' '.join(reader)))

    def add(self, name, argv, **more):
        """Steps may ask for the same command: it runs once a round."""
        self.commands.setdefault(name, Command(name, argv, **more))

    def rounds(self, count, warm):
        """Every command once a round, in turn; a warming round is not kept."""
        first = -1 if warm else 0
        for turn in range(first, count):
            for command in self.commands.values():
                say('round %d of %d: %s' % (turn + 1, count, command.name))
                self.once(command, check=turn == first, keep=turn >= 0)

    def once(self, command, check, keep):
        if command.output:
            remove(self.path(command.output))
        os.sync()  # what others wrote is not this one's to wait for
        run = self.do(command.argv, command.stdout, command.cwd)
        if keep:
            command.runs.append(run)
        if check and command.same_as and not filecmp.cmp(
                self.path(command.output), self.path(command.same_as),
                shallow=False):
            stop('%s: %s is not the same as %s' % (
                command, command.output, command.same_as))

    def __getitem__(self, name):
        return self.commands[name]
