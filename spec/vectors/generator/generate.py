#!/usr/bin/env python3
"""generate.py - write the test vectors of the .cxa format into a folder

usage: generate.py FOLDER

The same bytes every time: nothing in them is random, timed, or compressed by
a program that may change.
"""
import os
import sys

import bad
import good
import unsupported
from table import VECTORS

HEADING = '''\
# name\tverify\tunpack\tmember\twhy
# The exit codes of `cortexarc verify --level records` and `unpack`, and the
# member that verify must name. generator/generate.py makes all of this.
'''


def main(folder):
    assert good and bad and unsupported
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, 'MANIFEST'), 'w') as manifest:
        manifest.write(HEADING)
        for name, vector in sorted(VECTORS.items()):
            made = vector.make()
            data = made if isinstance(made, bytes) else made.build()
            with open(os.path.join(folder, name + '.cxa'), 'wb') as file:
                file.write(data)
            manifest.write('%s.cxa\t%d\t%d\t%s\t%s\n' % (
                name, vector.verify, vector.unpack, vector.member,
                vector.why))


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
