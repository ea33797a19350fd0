#!/usr/bin/env python3
"""bombs.t - inputs that are meant to cost: an answer, within time and memory

	bombs.t          a choice of commands on each, as TAP
	bombs.t --all    every command, as a table, and a line at the end

A command has a second of processor (of a million things: 3) and 320 MiB, gives a
documented exit code and a clear line, and leaves nothing behind. Under a
sanitizer, or where its processor is emulated, it may take twenty times as long, and
memory is not looked at; where gcov counts, four times.
"""
import os
import resource
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(os.environ.get('CXA_BUILDDIR') or '.')
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)
import bombs  # noqa: E402

ALL = '--all' in sys.argv[1:]
ONLY = [name for name in sys.argv[1:] if not name.startswith('--')]
LIBRARIES = os.path.join(BUILD, '.libs')
TOOL = os.path.join(LIBRARIES, 'cortexarc')
if not os.access(TOOL, os.X_OK):
    TOOL = os.path.join(BUILD, 'cortexarc')
os.environ.update(CXA_TOOL=TOOL, LC_ALL='C', LD_LIBRARY_PATH=':'.join(filter(
    None, [LIBRARIES, os.environ.get('LD_LIBRARY_PATH')])))
with open(TOOL, 'rb') as file:
    BYTES = file.read()
SANITIZED = b'__asan_init' in BYTES
COUNTED = b'__gcov_init' in BYTES
SLOW = SANITIZED or 'CXA_EMULATED' in os.environ
# In make check the machine is busy, and two threads may share a core.
SECONDS = 1.0 * (20 if SLOW else 8 if COUNTED else 1 if ALL else 2)
SECONDS_MANY = 3 * SECONDS
MEBIBYTES = 1 << 40 if SLOW else 320
CPU = 200 if 'CXA_EMULATED' in os.environ else 60  # then it is killed
LINES = 120  # of a report: a hundred listed, and what is around them
# These do not read it all; and all that is in it may be sound.
MAY_BE_DONE = ('info', 'list', 'get', 'salvage')

# What reads archives; a store has no batches to be salvaged, nor has JSON.
ANSWERS = [
    'verify --level bytes b.x', 'verify --level records b.x', 'verify b.x',
    'verify --level restorable b.x', 'verify --json b.x', 'info b.x',
    'list b.x', 'get concepts 1 b.x', 'cat b.x', 'diff b.x good.cxa',
    'repair --dry-run b.x', 'verify -', 'info -']
OUTPUTS = [
    'pack b.x -o out.cxa', 'unpack b.x -o out.json', 'unpack b.x -o out.db',
    'migrate b.x --to 2 -o out.cxa', 'repair b.x -o out.cxa',
    'salvage b.x -o out.cxa', 'pack - -o out.cxa', 'unpack - -o out.json']
CHOICE = ['verify b.x', 'unpack b.x -o out.json', 'salvage b.x -o out.cxa']
CHOICE_OF_OTHERS = ['verify b.x', 'pack b.x -o out.cxa']


def commands(bomb):
    if not ALL:
        chosen = CHOICE if bomb.kind == 'archive' else CHOICE_OF_OTHERS
        return chosen[:1] if SLOW else chosen
    chosen = ANSWERS + OUTPUTS
    if bomb.kind != 'archive':
        chosen = [words for words in chosen if 'salvage' not in words]
    if not bomb.piped:
        chosen = [words for words in chosen if '-' not in words.split()]
    return chosen


class Run:
    """What a command did: its exit code, cost, and what it said."""

    def __init__(self, words, folder):
        with open(os.path.join(folder, '.out'), 'w+b') as out, \
                open(os.path.join(folder, '.err'), 'w+b') as err, \
                subprocess.Popen(
                    ['cat', 'b.x' if '-' in words.split() else os.devnull],
                    cwd=folder, stdout=subprocess.PIPE) as cat:
            argv = [TOOL] + words.split()
            child = os.fork()
            if child == 0:
                os.chdir(folder)
                os.dup2(cat.stdout.fileno(), 0)
                os.close(cat.stdout.fileno())
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
                resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
                os.execv(TOOL, argv)
            cat.stdout.close()
            _, status, usage = os.wait4(child, 0)
            self.code = os.waitstatus_to_exitcode(status)
            self.seconds = usage.ru_utime + usage.ru_stime
            self.mebibytes = usage.ru_maxrss / 1024
            self.said = self.read(err)
            self.told = self.read(out)
        os.remove(os.path.join(folder, '.out'))
        os.remove(os.path.join(folder, '.err'))

    @staticmethod
    def read(file):
        file.seek(0)
        return [line for line in
                file.read(1 << 20).decode(errors='replace').splitlines()
                if not line.startswith('cortexarc: note: ')]


def judge(bomb, words, run, left):
    """What is wrong; nothing: it is as it should be."""
    command = words.split()[0]
    most = SECONDS_MANY if bomb.name.startswith('a million') else SECONDS
    if run.code not in (0, 1, 3, 5):
        return 'exit code %d' % run.code
    if run.code == 0 and not bomb.fine and command not in MAY_BE_DONE and \
            '--level bytes' not in words:
        return 'it is all well'
    if run.seconds > most and not bomb.large:
        return '%.2f s of processor' % run.seconds
    if run.mebibytes > MEBIBYTES:
        return '%.0f MiB' % run.mebibytes
    if run.code == 3 and not 1 <= len(run.said) <= 2:
        return '%d lines of errors' % len(run.said)
    lines = len(run.told) + len(run.said)
    if command in ('verify', 'repair', 'salvage') and lines > LINES:
        return '%d lines' % lines
    if left and (run.code == 3 or
                 run.code == 1 and not (bomb.fine and command == 'repair')):
        return 'left: %s' % left
    return ''


def try_bomb(bomb, folder):
    """(words, run, what is wrong) of each command."""
    path = os.path.join(folder, 'b.x')
    child = os.fork()  # what it takes to make one is not to be seen in a run
    if child == 0:
        code = 1
        try:
            bomb.make(path)
            code = 0
        finally:
            sys.stderr.flush()
            os._exit(code)
    if os.waitpid(child, 0)[1] != 0:
        yield 'make', None, 'it could not be made'
        return
    for words in commands(bomb):
        run = Run(words, folder)
        left = set(os.listdir(folder)) - {'b.x', 'good.cxa'}
        yield words, run, judge(bomb, words, run, sorted(left))
        for name in left:
            path = os.path.join(folder, name)
            (shutil.rmtree if os.path.isdir(path) else os.remove)(path)


def report(bomb, words, run, wrong):
    print('%-4s %5.2f s %4.0f MiB  %2d  %-52s %-30s %s' % (
        'bad' if wrong else 'ok', run.seconds, run.mebibytes, run.code,
        bomb.name, words, wrong or (run.said or run.told or [''])[0][:100]),
          flush=True)


def main():
    count = failed = 0
    worst = [0, 0]
    for bomb in bombs.BOMBS:
        if ONLY and bomb.name not in ONLY or bomb.slow and not ALL:
            continue
        faults = []
        with tempfile.TemporaryDirectory() as folder:
            os.environ['TMPDIR'] = folder
            bombs.write(os.path.join(folder, 'good.cxa'), bombs.Archive())
            for words, run, wrong in try_bomb(bomb, folder):
                if wrong:
                    faults.append('%s: %s' % (words, wrong))
                if run is None:
                    continue
                if ALL:
                    report(bomb, words, run, wrong)
                    count += 1
                    failed += bool(wrong)
                worst = [max(worst[0], 0 if bomb.large else run.seconds),
                         max(worst[1], run.mebibytes)]
        if not ALL:
            count += 1
            failed += bool(faults)
            print('%sok %d - %s: an answer, and not at any cost' % (
                'not ' if faults else '', count, bomb.name))
            for fault in faults:
                print('#   ' + fault)
    if ALL:
        print('bombs: %d runs, %d failed, worst CPU %.2f s, worst peak '
              '%.0f MiB' % (count, failed, *worst))
    else:
        print('1..%d' % count)
    return failed != 0


sys.exit(main())
