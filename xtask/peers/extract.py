"""Runs one peer over a list of files: paths in, one JSON line a file out, the peak of resident memory last.

usage: python extract.py kreuzberg|extractous < paths
The clock runs from the path to the text; importing the peer and one small file before it are not counted.
"""

import json
import sys
import time


def kreuzberg():
    from kreuzberg import extract_file_sync

    return lambda path: extract_file_sync(path).content


def extractous():
    from extractous import Extractor

    extractor = Extractor().set_extract_string_max_length(2_000_000_000)
    return lambda path: extractor.extract_file_to_string(path)[0]


def peak_kib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


def main():
    extract = {"kreuzberg": kreuzberg, "extractous": extractous}[sys.argv[1]]()
    paths = [line.rstrip("\n") for line in sys.stdin]
    try:
        extract(sys.argv[2])
    except Exception:
        pass
    for path in paths:
        start = time.perf_counter()
        try:
            text, error = extract(path), ""
        except BaseException as failure:  # a panic of Rust comes as a BaseException
            text, error = "", type(failure).__name__
        seconds = time.perf_counter() - start
        print(json.dumps({"path": path, "seconds": seconds, "error": error, "text": text}), flush=True)
    print(json.dumps({"peak_kib": peak_kib()}), flush=True)


main()
