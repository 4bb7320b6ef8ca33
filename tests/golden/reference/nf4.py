"""NF4 quantisation (Dettmers et al. 2023) with and without quantised scales, element by element as published.

What decides a code is computed in single precision, as every implementation of the format does.
"""

from fractions import Fraction

import numpy as np

BLOCK, SCALE_BLOCK = 64, 256

CODE_BOOK = np.array([
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
    -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
    0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0], np.float32)


def nearest_single(text):
    """The single-precision number nearest to a decimal, as a compiler reads it. By way of double precision, as numpy
    reads it, three of the thresholds below would be rounded twice and come out as their neighbours."""
    near = np.float32(text)
    candidates = [near, np.nextafter(near, np.float32(-2)), np.nextafter(near, np.float32(2))]
    return min(candidates, key=lambda number: abs(Fraction(float(number)) - Fraction(text)))


# A value above thresholds[i] has at least code i + 1: the midpoints between neighbours.
THRESHOLDS = np.array([nearest_single(text) for text in """
    -0.8480964004993439 -0.6106329262256622 -0.4599952697753906 -0.33967943489551544 -0.23460740596055984
    -0.13791173323988914 -0.045525018125772476 0.03979014977812767 0.1202552504837513 0.2035212516784668
    0.2920137718319893 0.3893125355243683 0.5016634164240692 0.6427869200706482 0.8614784181118011""".split()])


def dynamic_map():
    """256 signed values: seven decades of equally spaced midpoints, their negatives, 0 and 1."""
    values = [0.0, 1.0]
    for i in range(7):
        for step in range(2 ** i):
            middle = (0.1 + 0.9 * (step + 0.5) / 2 ** i) * 10.0 ** (i - 6)
            values += [middle, -middle]
    return np.sort(np.array(values)).astype(np.float32)


def _blocks(flat, size):
    return np.pad(flat, (0, -len(flat) % size)).reshape(-1, size)


def _over(values, size, largest):
    """Values over the largest of their block, in [-1, 1]; 0 throughout a block of zeros."""
    wide = np.repeat(largest, size)[: len(values)]
    return np.divide(values, wide, out=np.zeros_like(values), where=wide > 0)


def quantise(weight):
    """(packed codes [ceil(n / 2)], largest magnitude of each block of 64)."""
    flat = weight.astype(np.float32).reshape(-1)
    largest = np.abs(_blocks(flat, BLOCK)).max(1)
    reciprocal = _over(np.ones_like(largest), 1, largest)
    scaled = flat * np.repeat(reciprocal, BLOCK)[: len(flat)]
    codes = (scaled[:, None] > THRESHOLDS).sum(1).astype(np.uint8)
    pairs = np.pad(codes, (0, len(codes) % 2), constant_values=7).reshape(-1, 2)  # 7 is the code of zero
    return pairs[:, 0] << 4 | pairs[:, 1], largest


def quantise_scales(largest):
    """(codes of the scales, largest magnitude of each block of 256, offset); the mean is taken in double precision."""
    offset = np.float32(largest.astype(np.float64).mean())
    centred = largest - offset
    second = np.abs(_blocks(centred, SCALE_BLOCK)).max(1)
    scaled = _over(centred, SCALE_BLOCK, second)
    return (scaled[:, None] > scale_midpoints()).sum(1).astype(np.uint8), second, offset


def scale_midpoints():
    """A scaled value above midpoint i has at least code i + 1."""
    entries = dynamic_map().astype(np.float64)
    return ((entries[1:] + entries[:-1]) / 2).astype(np.float32)


def dequantise_scales(codes, second, offset):
    return dynamic_map()[codes] * np.repeat(second, SCALE_BLOCK)[: len(codes)] + offset


def dequantise(packed, largest, shape):
    count = int(np.prod(shape))
    codes = np.stack([packed >> 4, packed & 15], 1).reshape(-1)[:count]
    return (CODE_BOOK[codes] * np.repeat(largest, BLOCK)[:count]).reshape(shape)
