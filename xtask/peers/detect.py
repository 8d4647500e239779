"""Searches a file with one peer: the processor seconds of the search and what it found, as JSON.

usage: python detect.py hyperscan|presidio BYTES FILE
Compiling patterns and importing the peer are not counted.
"""

import json
import sys
import time

PATTERNS = [
    rb"\b\d{3}[ -]?\d{3}[ -]?\d{4}\b",
    rb"\b[A-Z]{1,2}\d[0-9A-Z]? ?\d[ABD-HJLNP-UW-Z]{2}\b",
    rb"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,24}\b",
    rb"\b0\d{2,4}[ -]?\d{3}[ -]?\d{3,4}\b",
    rb"\+\d{1,3}[ -]?\d{1,4}[ -]?\d{3,4}[ -]?\d{3,4}\b",
    rb"\b[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b",
    rb"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}\b",
    rb"\b\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}\b",
    rb"\b\d{2}-\d{2}-\d{2} \d{8}\b",
    rb"\b(?:\d{1,3}\.){3}\d{1,3}\b",
    rb"\b[A-Z9]{5}\d{6}[A-Z9]{2}[0-9A-Z]{3}\b",
]


def hyperscan(data):
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions=PATTERNS, ids=list(range(len(PATTERNS))), elements=len(PATTERNS), flags=0)
    found = 0

    def on_match(_id, _start, _end, _flags, _context):
        nonlocal found
        found += 1

    start = time.process_time()
    database.scan(data, match_event_handler=on_match)
    return time.process_time() - start, found


def presidio(data):
    from presidio_analyzer import predefined_recognizers as all_of

    names = ["EmailRecognizer", "CreditCardRecognizer", "IbanRecognizer", "IpRecognizer", "PhoneRecognizer", "NhsRecognizer", "UkNinoRecognizer"]
    recognisers = [getattr(all_of, name)() for name in names if hasattr(all_of, name)]
    text = data.decode("utf-8")
    start = time.process_time()
    found = sum(len(r.analyze(text, r.supported_entities, None) or []) for r in recognisers)
    return time.process_time() - start, found


def main():
    with open(sys.argv[3], "rb") as file:
        data = file.read(int(sys.argv[2]))
    seconds, found = {"hyperscan": hyperscan, "presidio": presidio}[sys.argv[1]](data)
    print(json.dumps({"seconds": seconds, "found": found}))


main()
