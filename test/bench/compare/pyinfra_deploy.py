"""The same work as `pulumi up` does on each host: the configuration folder, a secret, an activation, a check.

NIXMON_BENCH_ARCHIVE: the folder travels as one archive instead of file by file.
"""

import os

from pyinfra import host
from pyinfra.operations import files, server

work = os.environ["NIXMON_BENCH_WORK"]

if os.environ.get("NIXMON_BENCH_ARCHIVE"):
    configuration = files.put(
        name="Configuration folder",
        src=f"{work}/{host.name}.tar",
        dest="/etc/nixos/nixmon.tar",
        mode="644",
    )
    unpack = "mkdir -p /etc/nixos/nixmon && tar -xf /etc/nixos/nixmon.tar -C /etc/nixos/nixmon && "
else:
    configuration = files.sync(
        name="Configuration folder",
        src=f"{work}/{host.name}",
        dest="/etc/nixos/nixmon",
        mode="644",
        delete=True,
    )
    unpack = ""
secret = files.put(name="Secret", src=f"{work}/token", dest="/var/lib/token", mode="400")
server.shell(
    name="Activate",
    commands=[f"{unpack}nixos-rebuild switch"],
    _if=configuration.did_change,
)
server.shell(
    name="Consumer of the secret",
    commands=["systemctl try-restart node.service"],
    _if=secret.did_change,
)
server.shell(
    name="Verify",
    commands=[
        f"systemctl is-active node.service && curl -fsS http://{host.data.address}:9100/metrics | grep -q ^node_load1"
    ],
)
