"""The checks of a dossier, written for Python 3.9 and its standard library alone, joined into the bag's verify.py.

The modules below this folder import nothing but the standard library and one another, so that
`witnessmark.dossier.bundle` can write them one after the other into a single readable file. They leave out
``from __future__`` on purpose: verify.py runs beside files of unknown origin and must drop its own folder from
the import path before it imports anything.
"""
