"""ftdesk: write conversation examples, check them, train on them, compare the models and score them.

Importing this package loads nothing else, so that ``ftdesk --version`` answers at once.
"""

__version__ = "0.1.0"
