"""Writes UnicodeData.txt, the part of the Unicode character database that normalization needs.

    /usr/bin/python3 make_unicode_data.py

Lines, code points in hexadecimal:
    00C5=0041 030A    full canonical decomposition
    FB01~0066 0069    full compatibility decomposition, where it differs from the canonical one
    0041+030A>00C5    primary composite
    0300-0314:230     canonical combining class, of a range
Hangul syllables are left out: their decomposition is arithmetic.
"""
import pathlib
import sys
import unicodedata

HANGUL = range(0xAC00, 0xD7A4)


def points(text):
    return " ".join(f"{ord(c):04X}" for c in text)


def main():
    lines = [f"# Unicode {unicodedata.unidata_version}; made by make_unicode_data.py"]
    classes = []
    for value in range(sys.maxunicode + 1):
        if 0xD800 <= value <= 0xDFFF or value in HANGUL:
            continue
        char = chr(value)
        canonical = unicodedata.normalize("NFD", char)
        compatible = unicodedata.normalize("NFKD", char)
        if canonical != char:
            lines.append(f"{value:04X}={points(canonical)}")
        if compatible != canonical:
            lines.append(f"{value:04X}~{points(compatible)}")
        single = unicodedata.decomposition(char)
        if single and "<" not in single and unicodedata.normalize("NFC", char) == char:
            first, second = single.split()
            lines.append(f"{first}+{second}>{value:04X}")
        rank = unicodedata.combining(char)
        if rank:
            if classes and classes[-1][1] == value - 1 and classes[-1][2] == rank:
                classes[-1][1] = value
            else:
                classes.append([value, value, rank])
    lines += [f"{first:04X}-{last:04X}:{rank}" for first, last, rank in classes]
    path = pathlib.Path(__file__).with_name("UnicodeData.txt")
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
