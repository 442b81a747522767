#!/usr/bin/python3
"""First figures: C-STORE into this archive and into Orthanc, in one run, on loopback.

    bench/first-figures.py [--instances 200] [--runs 3]

Client and servers share the machine's cores, so ratios taken in one run count and absolute numbers do not. This archive
seals what it keeps, records it in its trail and flushes before every success; Orthanc does none of these. The load client
and the generator of made-up images lie in ../shared/peers, beside the checkout, and are used in place; without them the
script says so and ends.
"""
import argparse
import contextlib
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
PEERS = pathlib.Path(os.environ.get("LEADGLASS_PEERS", ROOT / ".." / "shared" / "peers")).resolve()
NO_DELAY = {"TCP_NODELAY": "1"}


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*command, env=None, **options):
    done = subprocess.run(
        [str(c) for c in command], capture_output=True, text=True, env={**os.environ, **(env or {})}, **options
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def wait_for(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.02)
    sys.exit(f"{what}: not within {seconds} s")


def answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True


class Server:
    """A server process with what its process cost: CPU seconds and peak of resident memory."""

    def __init__(self, name, process, port, tls):
        self.name, self.process, self.port, self.tls = name, process, port, tls

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mebibytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def start_archive(folder):
    data, keys, pki, log = folder / "data", folder / "keys", folder / "pki", folder / "archive.log"
    program = ROOT / "leadglass"
    run(program, "init", "--data", data, "--keys", keys)
    run(program, "device", "add", "bench", "--ae", "BENCH", "--allow", "store", "--data", data, "--keys", keys, "--out", pki)
    process = subprocess.Popen(
        [program, "serve", "--data", data, "--keys", keys, "--dicom-port", "0", "--http-port", "0"],
        stdout=log.open("wb"),
        stderr=subprocess.STDOUT,
    )
    ready = wait_for(lambda: re.search(r"^ready dicom=[^\s:]+:(\d+)", log.read_text(), re.M), "the archive")
    certificates = (pki / "bench.key.pem", pki / "bench.cert.pem", pki / "ca.cert.pem")
    return Server("leadglass TLS", process, int(ready.group(1)), certificates)


def start_orthanc(folder, tls):
    name = "Orthanc TLS" if tls else "Orthanc plain"
    place = folder / name.replace(" ", "-")
    place.mkdir()
    port = free_port()
    configuration = {
        "StorageDirectory": str(place / "storage"),
        "IndexDirectory": str(place / "index"),
        "Plugins": [],
        "HttpPort": free_port(),
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomPort": port,
        "DicomAlwaysAllowStore": True,
        "DicomTlsEnabled": bool(tls),
    }
    if tls:
        key, certificate, authority = tls
        configuration |= {
            "DicomTlsCertificate": str(certificate),
            "DicomTlsPrivateKey": str(key),
            "DicomTlsTrustedCertificates": str(authority),
        }
    (place / "orthanc.json").write_text(json.dumps(configuration))
    orthanc = shutil.which("Orthanc", path=os.environ["PATH"] + ":/usr/sbin")
    process = subprocess.Popen(
        [orthanc, place / "orthanc.json"],
        stdout=(place / "log").open("wb"),
        stderr=subprocess.STDOUT,
        cwd=place,
        env={**os.environ, **NO_DELAY},
    )
    wait_for(lambda: answers(port), name)
    return Server(name, process, port, tls)


class Client:
    """Sends the generated set again and again, as new instances each time."""

    def __init__(self, folder, instances):
        self.folder, self.instances, self.seed = folder, instances, 1000
        self.tool = folder / "dimsebench"
        run("gcc", "-O2", "-pthread", "-o", self.tool, PEERS / "dimsebench-tls.c", "-lssl", "-lcrypto")
        run(sys.executable, PEERS / "gen.py", "--out", folder / "images", "--ct", max(1, instances // 50))
        self.list = folder / "images" / "ct.list"

    def store(self, server, associations):
        """Instances per second, and CPU milliseconds of the server per instance."""
        self.seed += 1
        options = ["-p", server.port, "-c", "LEADGLASS", "-a", "BENCH", "-n", associations, "-u", self.seed]
        if server.tls:
            key, certificate, authority = server.tls
            options += ["-T", "-K", key, "-C", certificate, "-A", authority]
        before = server.cpu()
        out = run(self.tool, "store", *options, f"@{self.list}")
        rate = re.search(r" bad=0 .*inst_s=([\d.]+)", out) or sys.exit(f"not everything was stored: {out}")
        return float(rate.group(1)), (server.cpu() - before) * 1000 / self.instances

    def store_with_dcmtk(self, server, count=40):
        """Instances per second of a stock storescu, which leaves Nagle's algorithm on."""
        self.seed += 1
        copies = self.folder / f"dcmtk-{self.seed}"
        copies.mkdir()
        for number, path in enumerate(self.list.read_text().split()[:count]):
            content = pathlib.Path(path).read_bytes()
            (copies / f"{number}.dcm").write_bytes(content.replace(b".1411.1000.", f".1411.{self.seed}.".encode()))
        tls = []
        if server.tls:
            key, certificate, authority = server.tls
            tls = ["+tls", key, certificate, "+cf", authority, "-pw", "+py"]
        environment = {k: v for k, v in os.environ.items() if k != "TCP_NODELAY"}
        begin = time.monotonic()
        done = subprocess.run(
            [str(a) for a in ["storescu", "-v", "-xe", *tls, "-aet", "BENCH", "-aec", "LEADGLASS", "+sd"]]
            + ["127.0.0.1", str(server.port), str(copies)],
            capture_output=True,
            text=True,
            env=environment,
        )
        seconds = time.monotonic() - begin
        stored = (done.stdout + done.stderr).count("Store Response (Success)")
        return stored / seconds if stored == count else sys.exit(done.stdout + done.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instances", type=int, default=200)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    missing = [t for t in ("gcc", "storescu") if not shutil.which(t)]
    if not PEERS.is_dir() or missing:
        print(f"skipped: no {', '.join(missing) or PEERS}")
        return
    with tempfile.TemporaryDirectory(prefix="leadglass-bench-", dir="/var/tmp") as scratch:
        measure(pathlib.Path(scratch), options)


def measure(folder, options):
    client = Client(folder, options.instances)
    servers = []
    try:
        servers.append(start_archive(folder))
        tls = servers[0].tls
        servers += [start_orthanc(folder, tls), start_orthanc(folder, None)]
        figures = {}
        for turn in range(options.runs + 1):
            for server in servers:
                for associations in (1, 8):
                    rate, cpu = client.store(server, associations)
                    if turn:  # the first turn warms up
                        figures.setdefault((server.name, f"{associations} assoc"), []).append((rate, cpu))
        for server in servers:
            figures[server.name, "stock storescu"] = [(client.store_with_dcmtk(server), None) for _ in range(2)]
        report(figures, servers)
    finally:
        for server in servers:
            server.stop()


def report(figures, servers):
    medians = {key: statistics.median(rate for rate, _ in runs) for key, runs in figures.items()}
    print(f"{'server':<15}{'client':<16}{'inst/s':>9}{'min':>8}{'max':>8}{'CPU ms':>8}{'of ours':>9}")
    for (server, work), runs in figures.items():
        rates = [rate for rate, _ in runs]
        cpus = [cpu for _, cpu in runs if cpu is not None]
        ratio = medians[server, work] / medians[servers[0].name, work]
        cpu = f"{statistics.median(cpus):.2f}" if cpus else ""
        print(
            f"{server:<15}{work:<16}{medians[server, work]:>9.0f}{min(rates):>8.0f}{max(rates):>8.0f}{cpu:>8}{ratio:>9.2f}"
        )
    for server in servers:
        print(f"{server.name}: peak memory {server.peak_mebibytes():.0f} MiB")


if __name__ == "__main__":
    main()
