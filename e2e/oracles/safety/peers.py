"""What other scanners say of the files in a folder: a JSON line {"peer", "version", "flagged": [names]} each.

`peers.py FOLDER`. A file counts as flagged when the peer calls it unsafe or says that it could not read it.
"""

import contextlib
import importlib.metadata
import io
import json
import logging
import sys
import warnings
import zipfile
from pathlib import Path

from fickling.loader import scan_file, scan_zip_archive
from modelscan.modelscan import ModelScan
from picklescan.scanner import scan_file_path

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")
FILES = sorted(path for path in Path(sys.argv[1]).iterdir() if path.is_file())


def by_picklescan(path):
    result = scan_file_path(str(path))
    return result.infected_files > 0 or result.scan_err


def by_picklescan_strict(path):
    result = scan_file_path(str(path), strict=True)
    return result.infected_files > 0 or result.issues_count > 0 or result.scan_err


def by_modelscan(path):
    scan = ModelScan()
    scan.scan(path)
    return len(scan.issues.all_issues) > 0 or len(scan.errors) > 0


def by_fickling(path):
    scan = scan_zip_archive if zipfile.is_zipfile(path) else scan_file
    return not scan(str(path))


PEERS = [
    ("picklescan", "picklescan", by_picklescan),
    ("picklescan --strict", "picklescan", by_picklescan_strict),
    ("modelscan", "modelscan", by_modelscan),
    ("fickling", "fickling", by_fickling),
]

for peer, package, scan in PEERS:
    flagged = []
    for file in FILES:
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                bad = bool(scan(file))
        except BaseException:  # a scanner that can't read a file has not passed it
            bad = True
        if bad:
            flagged.append(file.name)
    print(json.dumps({"peer": peer, "version": importlib.metadata.version(package), "flagged": flagged}))
