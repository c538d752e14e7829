"""A name server written by others (NSD), unpacked and never installed, on a port of its own.

Its zones are files. It is started anew when one changes, so that a change is seen at once.
"""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

HOME = Path(os.environ["KERNIA_NSD"])

CONFIG = """server:
  ip-address: 127.0.0.1
  port: {port}
  server-count: 1
  username: ""
  chroot: ""
  database: ""
  zonesdir: "{folder}"
  pidfile: "{folder}/nsd.pid"
  xfrdfile: "{folder}/xfrd.state"
  xfrdir: "{folder}"
  zonelistfile: "{folder}/zone.list"
  logfile: "{folder}/nsd.log"
remote-control:
  control-enable: no
"""

ZONE = """$ORIGIN {zone}.
$TTL 60
@ IN SOA ns.{zone}. it.{zone}. 1 3600 600 86400 60
@ IN NS ns.{zone}.
ns IN A 127.0.0.1
"""


class NameServer:
    """What it knows are its zones; a zone whose file cannot be read is answered with SERVFAIL."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.port = _free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.zones: dict[str, list[str]] = {}
        self.broken: set[str] = set()
        self.process: subprocess.Popen[bytes] | None = None

    def has(self, zone: str, lines: Iterable[str] = ()) -> None:
        """From now on the zone has these records, as lines of a zone file."""
        self.zones[zone] = list(lines)
        self.restart()

    def breaks(self, zone: str) -> None:
        self.broken.add(zone)
        self.restart()

    def restart(self) -> None:
        self.stop()
        config = CONFIG.format(port=self.port, folder=self.folder)
        for zone, lines in self.zones.items():
            text = ZONE.format(zone=zone) + "".join(f"{line}\n" for line in lines)
            (self.folder / f"{zone}.zone").write_text(text)
            config += f'zone:\n  name: "{zone}"\n  zonefile: "{zone}.zone"\n'
        for zone in self.broken:
            config += f'zone:\n  name: "{zone}"\n  zonefile: "nowhere.zone"\n'
        path = self.folder / "nsd.conf"
        path.write_text(config)
        libraries = HOME / "usr" / "lib" / f"{platform.machine()}-linux-gnu"
        self.process = subprocess.Popen(
            [HOME / "usr" / "sbin" / "nsd", "-d", "-c", path],
            env=os.environ | {"LD_LIBRARY_PATH": str(libraries)},
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "stderr.log").open("w"),
        )
        until = time.monotonic() + 30
        while time.monotonic() < until and self.process.poll() is None:
            with socket.socket() as there:
                if there.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError(f"nsd did not become ready:\n{self.log()}")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=30)
            self.process = None

    def log(self) -> str:
        logs = [self.folder / "stderr.log", self.folder / "nsd.log"]
        return "".join(path.read_text() for path in logs if path.exists())


def _free_port() -> int:
    """A port that is free for UDP and TCP alike."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            port = int(tcp.getsockname()[1])
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def texts(values: Iterable[str], name: str = "@") -> list[str]:
    """TXT records; a long one is cut into strings of at most 255 bytes."""
    cut = [[value[at : at + 255] for at in range(0, len(value), 255)] for value in values]
    return [f"{name} IN TXT " + " ".join(f'"{string}"' for string in strings) for strings in cut]
