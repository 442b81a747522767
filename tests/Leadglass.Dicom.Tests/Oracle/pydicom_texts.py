"""Reads paths from standard input and writes, for each file, one line of JSON: its texts as pydicom decodes them."""

import json
import sys
import warnings

import pydicom

TEXT = {"LO", "LT", "PN", "SH", "ST", "UC", "UT"}


def texts(data_set, prefix, found):
    for element in data_set:
        path = f"{prefix}{element.tag.group:04X}{element.tag.element:04X}"
        if element.VR == "SQ":
            for index, item in enumerate(element.value):
                texts(item, f"{path}[{index}].", found)
        elif element.VR in TEXT and element.value is not None:
            value = element.value
            values = [value] if isinstance(value, (str, pydicom.valuerep.PersonName)) else value
            found[path] = [str(one) for one in values]


warnings.simplefilter("ignore")
for line in sys.stdin:
    path = line.rstrip("\n")
    found = {}
    try:
        texts(pydicom.dcmread(path, stop_before_pixels=True), "", found)
    except Exception:
        found = None
    print(json.dumps({"path": path, "texts": found}), flush=True)
