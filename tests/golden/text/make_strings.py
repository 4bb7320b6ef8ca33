"""Writes strings.json: short texts of every kind that tokenizers stumble over, written for this project.

    python3 make_strings.py
"""
import json
import pathlib

STRINGS = [
    "", " ", "  ", "\n", "\n\n", " \n ", "\t", "a", " a", "a ", "Hello world", "Hello  world", "  Hello   world  ",
    "The caravan leaves at 06:45, and it's 1,234.50 km to Samarkand.",
    "I'll say we've won; they're sure he'd agree, it's what I'm told. DON'T! I'LL! we'RE",
    "def area(r):\n    return 3.14159 * r ** 2\n\n\nprint(area(10))\n",
    "for (int i = 0; i < n; ++i)\n{\n\tsum += a[i]; // adds\n}\n",
    "x\t\ty\r\nz\r\n\r\nw\rv", "1234567890 12 123 1234 12345", "3\u00b2 \u00bd \u2167 \u0664\u0665\u0666",
    "na\u00efve caf\u00e9 \u00fcber stra\u00dfe", "cafe\u0301 nai\u0308ve e\u0323\u0302", "\u0301\u0302\u0303", "a\u0301\u0301\u0323b",
    "\u1e9b\u0323 \u212b \u2126 \ufb01 \u00c5 A\u030a", "\uac00\ub098\ub2e4 \u1100\u1161\u11a8 \u1112\u1161\u11ab",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u043a\u0430\u0440\u0430\u0432\u0430\u043d!", "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd", "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645 \u0661\u0662\u0663",
    "\u4f60\u597d\uff0c\u4e16\u754c\u3002\u5546\u961f\u8d70\u4e86\u3002", "\u30ad\u30e3\u30e9\u30d0\u30f3\u306f\u671d\u306b\u51fa\u767a\u3057\u307e\u3059\u3002", "\u0939\u093f\u0928\u094d\u0926\u0940 \u092e\u0947\u0902 \u0932\u093f\u0916\u093e \u0939\u0941\u0906",
    "\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22", "\u0b95\u0bbe\u0bb0\u0bb5\u0bbe\u0ba9\u0bcd", "\u10e5\u10d0\u10e0\u10d0\u10d5\u10d0\u10dc\u10d8 \u0540\u0561\u0575",
    "\U0001f42a\U0001f42b caravan \U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f1fa\U0001f1ff \U0001f44d\U0001f3fd \u2764\ufe0f",
    "\U0001d400\U0001d401\U0001d7d8 \U00020000\U0002f800 \U00010330", "\u00a0\u2003\u3000a\u2028b\u2029c\u0085d\u200be", "\u0000a\u0001b\u007f\u009f",
    "\ufffd\ufeff\ufffe\uffff", "\u2581 \u2581\u2581a\u2581b \u2581", "a\u2581b", "<0x0A> <0xFF>", "\u0120\u010a\u0121 \u00e2\u0096\u0081",
    "a" * 100, "ab" * 70, "=" * 80 + "\n" + "-" * 81, "." * 50, " " * 40 + "x", "\n" * 20 + "x", "\t" * 9 + " \t x",
    "https://example.org/a/b?c=d&e=%20f#g user@example.org C:\\dir\\file.txt",
    "{\"key\": [1, 2.5e-3, null, true], \"other\": \"va\\\"lue\"}", "$\\frac{a^2}{b_1} \\le \\sqrt{x}$",
    "Supercalifragilisticexpialidocious antidisestablishmentarianism pneumonoultramicroscopicsilicovolcanoconiosis",
    "ALL CAPS TEXT and MiXeD cAsE and snake_case_name and camelCaseName", "''' ''s 't 'S 'LL \u2019s \u2019t '\u017f '\u212a",
    "...!!!???,,,;;;:::", "(([[{{<<>>}}]]))", "\u00ab\u00a0oui\u00a0\u00bb \u201ca\u201d \u2018b\u2019 \u2014 \u2013 \u2026",
    "end with space ", "end with newline\n", "end with many   \n\n  \n", "\n leading", "a\n\n\n   b\n   c", "a \n b",
    "one\u00a0two", "1\u00d72\u00f73\u00b14\u2260\u221e \u00a7\u00b6\u00a9\u00ae\u2122\u20ac\u00a3\u00a5", "\u01c5\u01c8\u02b0\u02b1\u1d2c\u2c7c", "\u2460\u2474\u3192\u0bf0",
    "\ud7ff\ue000\uf8ff", "\u0130I\u0131i", "\u115f\u1160\u3164\uffa0", "\u180e\u061c\u200e\u200f\u202a\u202e",
]

if __name__ == "__main__":
    path = pathlib.Path(__file__).with_name("strings.json")
    path.write_text(json.dumps(STRINGS, indent=0) + "\n", encoding="utf-8")
