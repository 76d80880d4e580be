"""Whole samples packed into rows of one length, so that no sample is cut and hardly a place stays empty."""

from collections.abc import Iterable

# Tokens of a row. Longer samples are left out: the generators make hardly any.
LENGTH = 448


def best_fit(lengths: Iterable[int], length: int = LENGTH) -> list[list[int]]:
    """The numbers of each row's samples: each sample goes, in turn, into the row where it leaves the least room.

    Samples that fit no row are left out.
    """
    rows: list[list[int]] = []
    with_room: list[list[list[int]]] = [[] for _ in range(length + 1)]
    for number, wanted in enumerate(lengths):
        if wanted > length:
            continue
        room = next((room for room in range(wanted, length + 1) if with_room[room]), None)
        if room is None:
            row, room = [], length
            rows.append(row)
        else:
            row = with_room[room].pop()
        row.append(number)
        with_room[room - wanted].append(row)
    return rows
