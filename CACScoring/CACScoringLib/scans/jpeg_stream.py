"""What a JPEG, JPEG-LS or JPEG 2000 stream says of itself, checked before a decoder trusts it.

The decoders below GDCM take size and precision from the stream; where those disagree with the DICOM header,
damage makes them allocate gigabytes or write past their buffers.
"""

from __future__ import annotations

from dataclasses import dataclass

_JPEG_2000_START = b"\xff\x4f\xff\x51"
_FRAME_HEADERS = {0xC0, 0xC1, 0xC2, 0xC3, 0xF7}
"""SOF markers: baseline, extended, progressive, lossless (ISO 10918-1), JPEG-LS (ISO 14495-1)."""
_START_OF_SCAN = 0xDA


@dataclass(frozen=True)
class StreamFacts:
    """Size, bits per sample and number of components that a stream claims."""

    rows: int
    columns: int
    precision: int
    components: int


def check_stream(stream: bytes, rows: int, columns: int, bits_allocated: int) -> None:
    """Raise a :class:`ValueError` if a stream does not hold one grey-scale image of the expected size."""
    facts = _jpeg_2000_facts(stream) if _JPEG_2000_START in stream[:1024] else _jpeg_facts(stream)
    if (facts.rows, facts.columns, facts.components) != (rows, columns, 1):
        raise ValueError(f"the stream holds {facts}, not one image of {columns} x {rows}")
    if not 2 <= facts.precision <= bits_allocated:
        raise ValueError(f"the stream has {facts.precision} bits per sample")


def _jpeg_facts(stream: bytes) -> StreamFacts:
    place = 2
    while stream[place] == 0xFF and stream[place + 1] != _START_OF_SCAN:
        marker, length = stream[place + 1], _number(stream, place + 2, 2)
        if marker in _FRAME_HEADERS:
            return StreamFacts(
                rows=_number(stream, place + 5, 2),
                columns=_number(stream, place + 7, 2),
                precision=stream[place + 4],
                components=stream[place + 9],
            )
        place += 2 + length
    raise ValueError("the stream has no frame header")


def _jpeg_2000_facts(stream: bytes) -> StreamFacts:
    # SIZ marker segment, ISO 15444-1 A.5.1.
    size = stream.index(_JPEG_2000_START) + 8
    right, bottom, left, top, tile_width, tile_height = (
        _number(stream, size + offset, 4) for offset in range(0, 24, 4)
    )
    if not tile_width or not tile_height or stream[size + 35 : size + 37] != b"\x01\x01":
        raise ValueError("the stream has empty tiles or skips pixels")
    return StreamFacts(
        rows=bottom - top,
        columns=right - left,
        precision=(stream[size + 34] & 0x7F) + 1,
        components=_number(stream, size + 32, 2),
    )


def _number(stream: bytes, start: int, length: int) -> int:
    return int.from_bytes(stream[start : start + length], "big")
