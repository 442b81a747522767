#!/usr/bin/python3
"""The exposure audit beside nmap's dicom-ping, in one run, on loopback in a network namespace of its own.

    sudo bench/exposure-scan.py [--runs 5] [--pairs 1000000]

1,000 addresses with 12 live archives (8 storescp, 2 dcmqrscp, 2 Orthanc), the other ports closed; the same with 500
addresses that never answer (packets dropped); and a million pairs of address and port. The audit climbs to rung 4 and
writes its document, nmap stops at the association. Both share the machine with the archives, so ratios count. Needs root
(for the namespace), nft, nmap, dcmtk and orthanc.
"""
import argparse
import contextlib
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "leadglass"
PORT = 11112
ADDRESSES = [f"127.1.{i // 250}.{1 + i % 250}" for i in range(1000)]
ORTHANC = shutil.which("Orthanc") or "/usr/sbin/Orthanc"


def run(*command, timeout=3600):
    """Runs a command; gives its output, seconds, processor seconds and largest resident memory in MiB."""
    began = time.monotonic()
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))}: {process.returncode}\n{output}")
    return output, time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True


class Archives:
    """Twelve archives on ports of their own; the namespace leads a live address's port 11112 to each."""

    def __init__(self):
        self.processes = []

    def start(self, folder, live):
        rules = []
        for i, address in enumerate(live):
            port = 20_000 + i
            data = folder / f"archive{i}"
            data.mkdir()
            if i < 8:
                command = ["storescp", "--fork", "-od", data, port]
            elif i < 10:
                table = folder / f"archive{i}.cfg"
                table.write_text(
                    f"NetworkTCPPort = {port}\nMaxPDUSize = 16384\nMaxAssociations = 16\nHostTable BEGIN\nHostTable END\n"
                    f"VendorTable BEGIN\nVendorTable END\nAETable BEGIN\nQR{i} {data} RW (100, 1gb) ANY\nAETable END\n"
                )
                command = ["dcmqrscp", "-c", table, port]
            else:
                settings = folder / f"archive{i}.json"
                settings.write_text(
                    json.dumps(
                        {
                            "StorageDirectory": str(data),
                            "IndexDirectory": str(data),
                            "HttpServerEnabled": False,
                            "DicomPort": port,
                            "DicomAet": f"ORTHANC{i}",
                        }
                    )
                )
                command = [ORTHANC, settings]
            self.processes.append(
                subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            )
            rules.append(f"ip daddr {address} tcp dport {PORT} dnat to 127.0.0.1:{port}")
            end = time.monotonic() + 60
            while not answers(port):
                if time.monotonic() > end:
                    sys.exit(f"{command[0]} does not listen")
                time.sleep(0.05)
        nft("table ip lead { chain out { type nat hook output priority -100; " + "\n".join(rules) + "\n}\n}\n")

    def stop(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait()
        nft("table ip lead\ndelete table ip lead\n")


def nft(text):
    subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)


def scope(folder, networks, ports, rate):
    now = datetime.datetime.now(datetime.timezone.utc)
    path = folder / "scope.yaml"
    path.write_text(
        "version: 1\nname: Bench\nauthorisation:\n  by: Bench\n  basis: own machine\n  contact: bench@hospital.example\n"
        f"validFrom: {now - datetime.timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}\n"
        f"validUntil: {now + datetime.timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}\n"
        "highestRung: 4\nnetworks:\n" + "".join(f"  - {network}\n" for network in networks) + f"ports: {ports}\n"
        f"rate: {rate}\n"
    )
    return path


def audit(folder, path):
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    _, wall, cpu, memory = run(PROGRAM, "exposure", "scan", "--scope", path, "--out", out)
    document = json.loads((out / "audit.json").read_text())
    return document, wall, cpu, memory


def row(what, where, values, found):
    walls = [wall for wall, _, _ in values]
    print(
        f"| {where} | {what} | {statistics.median(walls):.2f} s ({min(walls):.2f}-{max(walls):.2f}) "
        f"| {statistics.median(cpu for _, cpu, _ in values):.2f} s | {max(memory for _, _, memory in values):.0f} MiB | {found} |",
        flush=True,
    )


def beside_nmap(folder, where, runs, rate):
    """Alternates, so that both see the same machine."""
    listed = folder / "addresses.txt"
    listed.write_text("\n".join(ADDRESSES) + "\n")
    base = ["nmap", "-n", "-Pn", "--disable-arp-ping", "-p", PORT, "-iL", listed, "-sT", "--script", "dicom-ping"]
    fast = ["-T5", "--min-parallelism", "100", "--min-hostgroup", "1000"]
    path = scope(folder, [f"127.1.{n}.1-127.1.{n}.250" for n in range(4)], PORT, rate)
    rows = {"audit to rung 4": [], "nmap dicom-ping": [], "nmap dicom-ping -T5": []}
    found = {}
    for _ in range(runs):
        document, *used = audit(folder, path)
        rows["audit to rung 4"].append(used)
        open_ = document["totals"]["openSystems"]
        found["audit to rung 4"] = f"{document['totals']['systems']} systems, {open_} open"
        for name, more in (("nmap dicom-ping", []), ("nmap dicom-ping -T5", fast)):
            output, *used = run(*base, *more)
            rows[name].append(used)
            found[name] = f"{len(re.findall('dicom: DICOM Service Provider discovered', output))} DICOM"
    for name, values in rows.items():
        row(name, where, values, found[name])


def inside(arguments):
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    print("| Targets | What | Wall (least-most) | Processor | Memory | Found |\n|---|---|---|---|---|---|", flush=True)
    fast = "{ connectionsPerSecond: 20000, perNetwork24PerSecond: 20000, inFlight: 1024, timeoutMilliseconds: 300 }"
    with tempfile.TemporaryDirectory(prefix="exposure-scan-") as name:
        folder = pathlib.Path(name)
        subprocess.run([PROGRAM, "--version"], check=True, stdout=subprocess.DEVNULL)
        for where, live, rules in (
            ("1,000 addresses, 12 live", ADDRESSES[40::83][:12], None),
            (
                "1,000 addresses, 12 live, 500 silent",
                ADDRESSES[40:500:38][:12],
                "table ip quiet { chain in { type filter hook input priority 0; ip daddr 127.1.2.0/23 drop\n}\n}\n",
            ),
        ):
            data = folder / str(len(where))
            data.mkdir()
            archives = Archives()
            try:
                archives.start(data, live)
                if rules:
                    nft(rules)
                beside_nmap(folder, where, arguments.runs, fast)
            finally:
                archives.stop()
                if rules:
                    nft("delete table ip quiet")
        ports = 10
        addresses = arguments.pairs // ports
        last = addresses - 1
        path = scope(
            folder,
            [f"127.16.0.0-127.{16 + (last >> 16)}.{(last >> 8) & 255}.{last & 255}"],
            f"104-{103 + ports}",
            fast,
        )
        document, wall, cpu, memory = audit(folder, path)
        tried = document["totals"]["ports"]
        row("audit", f"{tried:,} pairs", [(wall, cpu, memory)], f"{tried / wall:,.0f} pairs/s")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        return inside(arguments)
    missing = [tool for tool in ("unshare", "nft", "nmap", "storescp", "dcmqrscp") if not shutil.which(tool)]
    if missing or os.geteuid():
        print(f"not measured: needs root and {', '.join(missing) or 'nothing else'}")
        return
    os.execvp("unshare", ["unshare", "-n", sys.executable, __file__, *sys.argv[1:], "--inside"])


if __name__ == "__main__":
    main()
