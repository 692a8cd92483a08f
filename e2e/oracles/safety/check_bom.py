"""Bills of materials against the published schema of CycloneDX 1.6: `check_bom.py FOLDER` prints a line for each file."""

import json
import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

validator = JsonStrictValidator(SchemaVersion.V1_6)
for path in sorted(Path(sys.argv[1]).iterdir()):
    fault = validator.validate_str(path.read_text())
    print(json.dumps({"name": path.name, "fault": None if fault is None else str(fault)[:400]}))
