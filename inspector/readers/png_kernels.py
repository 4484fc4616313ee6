"""Undo PNG filters and unpack small samples, compiled.

Label maps are long runs, so their filtered rows are mostly zero. Eight zero bytes at once need no arithmetic: Sub
repeats its left neighbour, Paeth repeats the row above (if left = upper left) or its left (if above = upper left).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

__all__ = ["unfilter", "unfilter_packed"]

_ONES = np.uint64(0x0101010101010101)


def _eight_bytes(typingctx, array, offset):
    """Eight bytes of a uint8 array from `offset` on as a uint64, aligned or not."""

    def codegen(context, builder, signature, args):
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        word = builder.load(builder.bitcast(builder.gep(data, [args[1]]), ir.IntType(64).as_pointer()))
        word.align = 1
        return word

    return types.uint64(array, types.intp), codegen


def _put_eight_bytes(typingctx, array, offset, word):
    """Write a uint64 as eight bytes of a uint8 array from `offset` on, aligned or not."""

    def codegen(context, builder, signature, args):
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        store = builder.store(args[2], builder.bitcast(builder.gep(data, [args[1]]), ir.IntType(64).as_pointer()))
        store.align = 1
        return context.get_dummy_value()

    return types.void(array, types.intp, types.uint64), codegen


_load8: Any = intrinsic(_eight_bytes)
_store8: Any = intrinsic(_put_eight_bytes)


@njit(nogil=True, cache=True)
def _copy(row, out):
    for i in range(len(out)):
        out[i] = row[i]


@njit(nogil=True, cache=True)
def _up(row, above, out):
    for i in range(len(out)):
        out[i] = np.uint8(row[i] + above[i])


@njit(nogil=True, cache=True)
def _sub(row, out):
    left = np.uint8(0)
    i, n = 0, len(out)
    while i < n:
        if i + 8 <= n and _load8(row, i) == 0:
            _store8(out, i, _ONES * np.uint64(left))
            i += 8
            continue
        end = min(i + 8, n)
        for j in range(i, end):
            left = np.uint8(left + row[j])
            out[j] = left
        i = end


@njit(nogil=True, cache=True)
def _average(row, above, out):
    left = np.uint32(0)
    for i in range(len(out)):
        left = np.uint32(np.uint8(np.uint32(row[i]) + ((left + np.uint32(above[i])) >> np.uint32(1))))
        out[i] = left


@njit(nogil=True, cache=True)
def _predict(left, above, corner):
    """Paeth's predictor: the neighbour nearest to left + above - corner, ties in that order."""
    to_left = abs(above - corner)
    to_above = abs(left - corner)
    to_corner = abs(left + above - 2 * corner)
    if to_left <= to_above and to_left <= to_corner:
        return left
    return above if to_above <= to_corner else corner


@njit(nogil=True, cache=True)
def _paeth(row, above, out):
    left = corner = np.int32(0)
    i, n = 0, len(out)
    while i < n:
        if i + 8 <= n and _load8(row, i) == 0:
            word = _load8(above, i)
            if left == corner:  # they may stay as they are: while they are equal the guess is the byte above
                _store8(out, i, word)
                i += 8
                continue
            if word == _ONES * np.uint64(corner):
                _store8(out, i, _ONES * np.uint64(left))
                i += 8
                continue
        end = min(i + 8, n)
        for j in range(i, end):
            up = np.int32(above[j])
            left = np.int32(np.uint8(_predict(left, up, corner) + np.int32(row[j])))
            corner = up
            out[j] = left
        i = end


@njit(nogil=True, cache=True)
def _wide(kind, row, above, out, step):
    """Sub, Average and Paeth for pixels of `step` > 1 bytes."""
    for i in range(len(out)):
        left = np.int32(out[i - step]) if i >= step else np.int32(0)
        up = np.int32(above[i])
        if kind == 1:
            guess = left
        elif kind == 3:
            guess = (left + up) >> np.int32(1)
        else:
            guess = _predict(left, up, np.int32(above[i - step]) if i >= step else np.int32(0))
        out[i] = np.uint8(np.int32(row[i]) + guess)


@njit(nogil=True, cache=True)
def _undo(kind, row, above, out, step):
    """One row of filter `kind`; False for a filter that does not exist."""
    if kind == 0:
        _copy(row, out)
    elif kind == 2:
        _up(row, above, out)
    elif kind > 4:
        return False
    elif step > 1:
        _wide(kind, row, above, out, step)
    elif kind == 1:
        _sub(row, out)
    elif kind == 3:
        _average(row, above, out)
    else:
        _paeth(row, above, out)
    return True


@njit(nogil=True, cache=True)
def unfilter(rows, step, out):
    """Undo the filters of (H, 1 + n) uint8 `rows` into (H, n) uint8 `out`; a pixel has `step` bytes.

    Returns the number of the first row whose filter does not exist, or -1.
    """
    above = np.zeros(out.shape[1], np.uint8)
    for y in range(len(rows)):
        if not _undo(rows[y, 0], rows[y, 1:], above, out[y], step):
            return y
        above = out[y]
    return -1


@njit(nogil=True, cache=True)
def unfilter_packed(rows, depth, out):
    """As `unfilter`, for samples of `depth` 1, 2 or 4 bits: one each byte of (H, W) uint8 `out`, high bits first.

    Two rows of packed bytes are all the memory it takes.
    """
    lines = np.zeros((2, rows.shape[1] - 1), np.uint8)
    for y in range(len(rows)):
        line = lines[y & 1]
        if not _undo(rows[y, 0], rows[y, 1:], lines[1 - (y & 1)], line, 1):
            return y
        _unpack(line, depth, out[y])
    return -1


@njit(nogil=True, cache=True)
def _unpack(line, depth, out):
    """The samples of packed bytes, one strided pass over `out` for each place in a byte."""
    each = 8 // depth
    mask = np.uint8((1 << depth) - 1)
    for place in range(each):
        shift = np.uint8(8 - depth * (place + 1))
        for i in range((len(out) - place + each - 1) // each):
            out[i * each + place] = (line[i] >> shift) & mask
