"""Walking relations between claims without ever going in circles: rings found, and an order from first to last."""

from __future__ import annotations

from collections.abc import Collection, Mapping


def components(goes_back: Mapping[str, Collection[str]]) -> tuple[tuple[str, ...], ...]:
    """Groups of names that all lead to one another, those that others lead to first.

    Parameters
    ----------
    goes_back : mapping of name to names
        Where each leads; names that are no keys lead nowhere.

    Returns
    -------
    tuple of tuple of str
        Every name once. A group of one is a name that does not lead back to itself by way of others.

    Notes
    -----
    Strongly connected components by Tarjan's algorithm, with a stack of its own instead of recursion, so that a chain
    of any length can be followed. Names are taken in order of the alphabet: the result depends on nothing else.

    References
    ----------
    R. Tarjan, Depth-first search and linear graph algorithms, SIAM J. Comput. 1, 146-160 (1972),
    doi:10.1137/0201010.

    Examples
    --------
    >>> components({"c": ["b"], "b": ["a"], "x": ["y"], "y": ["x"]})
    (('a',), ('b',), ('c',), ('x', 'y'))
    """
    names = sorted({*goes_back, *(other for others in goes_back.values() for other in others)})
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    held: list[str] = []
    is_held: set[str] = set()
    found: list[tuple[str, ...]] = []
    for start in names:
        if start in number:
            continue
        path = [(start, iter(sorted(goes_back.get(start, ()))))]
        number[start] = lowest[start] = len(number)
        held.append(start)
        is_held.add(start)
        while path:
            name, ahead = path[-1]
            for other in ahead:
                if other not in number:
                    number[other] = lowest[other] = len(number)
                    held.append(other)
                    is_held.add(other)
                    path.append((other, iter(sorted(goes_back.get(other, ())))))
                    break
                if other in is_held:
                    lowest[name] = min(lowest[name], number[other])
            else:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[name])
                if lowest[name] == number[name]:
                    group: list[str] = []
                    while not group or group[-1] != name:
                        group.append(held.pop())
                    is_held.difference_update(group)
                    found.append(tuple(sorted(group)))
    return tuple(found)


def rings(goes_back: Mapping[str, Collection[str]]) -> tuple[tuple[str, ...], ...]:
    """Groups of two or more that lead back to themselves: nobody in them came first, as far as is recorded.

    Examples
    --------
    >>> rings({"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"]})
    (('a', 'b', 'c'),)
    """
    return tuple(group for group in components(goes_back) if len(group) > 1)


def way_back(start: str, goal: str, goes_back: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """The shortest way from one name to another, both included; empty when there is none.

    Examples
    --------
    >>> way_back("c", "a", {"c": ["b"], "b": ["a"]})
    ('c', 'b', 'a')
    """
    came_from: dict[str, str] = {start: start}
    ahead = [start]
    for name in ahead:
        if name == goal:
            way = [name]
            while way[-1] != start:
                way.append(came_from[way[-1]])
            return tuple(reversed(way))
        for other in sorted(goes_back.get(name, ())):
            if other not in came_from:
                came_from[other] = name
                ahead.append(other)
    return ()
