# graph.py - the WordNet graph in every form that is measured, made once
"""Each form is a property: the first step that needs it has it made."""
import functools
import glob
import json
import os
import shutil
import subprocess

from measure import Measure, say, stop

SYNSETS = 117659  # of WordNet 3.0: concepts of one copy


class Graph(Measure):
    """The folder of inputs, and the programs that were built."""

    def __init__(self, build, folder):
        env = dict(os.environ, LC_ALL='C', TMPDIR=folder)
        # The programs under .libs are linked to the library beside them.
        env['LD_LIBRARY_PATH'] = os.path.join(build, '.libs')
        super().__init__(folder, env)
        self.build = build
        self.tool = self.program('cortexarc')
        self.maker = self.program('examples/wordnet/wordnet-graph')
        self.rows_of = self.program('bench/rows')
        self.processors = len(os.sched_getaffinity(0))

    def program(self, path):
        """The program itself, not libtool's script around it."""
        folder, name = os.path.split(os.path.join(self.build, path))
        for found in (os.path.join(folder, '.libs', name),
                      os.path.join(folder, name)):
            if os.access(found, os.X_OK):
                return found
        return stop('%s is not built in %s (see --build)' %
                    (path, self.build))

    def free(self):
        return shutil.disk_usage(self.folder).free

    def answer(self, *words):
        """What a command of the tool says in JSON."""
        return json.loads(subprocess.run(
            [self.tool, *words], check=True, cwd=self.folder, env=self.env,
            capture_output=True).stdout)

    @functools.cached_property
    def json(self):
        say('making the graph as JSON')
        self.do([self.maker, '-o', 'graph.json'])
        return 'graph.json'

    @functools.cached_property
    def archive(self):
        name = 'graph.cxa'
        say('making the archive')
        self.do([self.tool, 'pack', self.json, '-o', name])
        return name

    @functools.cached_property
    def store(self):
        say('making the graph as a store')
        self.do([self.tool, 'unpack', self.archive, '-o', 'graph.db'])
        return 'graph.db'

    def tree_size(self, folder):
        """Bytes of all files in it."""
        return sum(os.path.getsize(os.path.join(place, name))
                   for place, _, names in os.walk(self.path(folder))
                   for name in names)

    @functools.cached_property
    def ndjson(self):
        say('making the graph as NDJSON')
        self.do([self.tool, 'unpack', self.archive, '-o', 'lines/'])
        return 'lines'

    @functools.cached_property
    def rows(self):
        say('writing its records as rows')
        self.do([self.rows_of, self.archive], 'graph.rows')
        return 'graph.rows'

    @functools.cached_property
    def members(self):
        say('extracting the members')
        os.mkdir(self.path('members'))
        self.do(['tar', 'xf', os.path.join('..', self.archive)],
                cwd='members')
        return 'members'

    @functools.cached_property
    def batches(self):
        """The batch members, in the archive's order within a collection."""
        return sorted(glob.glob('*/*.pb.zst',
                                root_dir=self.path(self.members)))

    @functools.cached_property
    def raw(self):
        say('decompressing the batches')
        self.do(['zstd', '-dcq'] + self.batches, 'graph.raw',
                cwd=self.members)
        if self.size('graph.raw') != self.raw_bytes(self.archive):
            stop('the batches are not as large as the index says')
        return 'graph.raw'

    def raw_bytes(self, archive):
        """Of all batches, by the index: what a decoder has to get through."""
        return sum(collection['raw_size'] for collection in
                   self.answer('info', '--json', archive)['collections'].values())
