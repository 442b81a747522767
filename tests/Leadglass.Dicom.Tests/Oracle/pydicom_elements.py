"""Writes what pydicom reads of each file named on standard input: one JSON line per file.

{"path": ..., "elements": [[path of tags, VR or null, length, SHA-1 of the value], ...]} or {"path": ..., "error": ...}.
Values are the bytes as they stand in the file; pydicom's own conversions are not asked for.
"""

import hashlib
import json
import sys
import warnings

import pydicom.dataset
from pydicom import config, datadict, dcmread
from pydicom.dataelem import RawDataElement

warnings.simplefilter("ignore")
config.settings.reading_validation_mode = config.IGNORE

convert = pydicom.dataset.DataElement_from_raw


def convert_and_keep(raw, *arguments, **keywords):
    """Converts as pydicom does for its own use while it reads, and keeps what was read."""
    element = convert(raw, *arguments, **keywords)
    element.as_read = raw
    return element


pydicom.dataset.DataElement_from_raw = convert_and_keep


def vr_of(raw):
    """The VR as read, for implicit VR that of the dictionary; None where that names several or none."""
    try:
        vr = (raw.VR or "").strip() or datadict.dictionary_VR(raw.tag)
    except KeyError:
        return None
    return vr if len(vr) == 2 and vr != "NONE" else None


def walk(dataset, prefix, out):
    for tag in sorted(dataset._dict.keys()):
        element = dataset._dict[tag]
        path = f"{prefix}{int(tag):08X}"
        if element.VR != "SQ":
            element = getattr(element, "as_read", element)
        if isinstance(element, RawDataElement):
            vr = vr_of(element)
            is_sequence = vr == "SQ" or (element.VR == "UN" and element.length == 0xFFFFFFFF)
            if not is_sequence:
                value = element.value or b""
                out.append([path, vr, len(value), hashlib.sha1(value).hexdigest()])
                continue
            element = dataset[tag]
        if element.VR != "SQ":
            raise ValueError(f"{path} is neither raw nor a sequence")
        out.append([path, "SQ", len(element.value), None])
        for number, item in enumerate(element.value):
            walk(item, f"{path}[{number}].", out)


for line in sys.stdin:
    path = line.rstrip("\n")
    try:
        dataset = dcmread(path, force=True)
        elements = []
        walk(dataset.file_meta, "", elements)
        walk(dataset, "", elements)
        print(json.dumps({"path": path, "elements": elements}))
    except Exception as error:  # noqa: BLE001: whatever pydicom does with a broken file is its answer
        print(json.dumps({"path": path, "error": f"{type(error).__name__}: {error}"[:200]}))
