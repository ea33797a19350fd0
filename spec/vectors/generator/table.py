"""table.py - the vectors by name, and what a reader must make of each"""

VECTORS = {}


class Vector:
    """@verify, @unpack: exit codes of `verify --level records` and `unpack`;
    @member: where `verify` must find the fault, '-' for nowhere in
    particular."""

    def __init__(self, make, why, verify, unpack, member):
        self.make, self.why = make, why
        self.verify, self.unpack, self.member = verify, unpack, member


EXITS = {'good': (0, 0), 'bad': (1, 3), 'unsupported': (3, 3)}


def vector(name, why, member='-', verify=None, unpack=None):
    """A decorator of what makes it: an Archive, or bytes."""
    kind = EXITS[name.partition('-')[0]]

    def add(make):
        assert name not in VECTORS, name
        VECTORS[name] = Vector(make, ' '.join(why.split()),
                               kind[0] if verify is None else verify,
                               kind[1] if unpack is None else unpack, member)
        return make
    return add
