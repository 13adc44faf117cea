"""Rotates a secret on this host by the agent while user nobody tries to read it, and root checks that each value it sees is whole.

usage: reads.py ROTATIONS READS [open]    `open` lets everybody in after each rotation, as a control. Prints {"rotations", "reads", "stolen", "whole", "partial"} as JSON
"""
import base64
import json
import os
import subprocess
import sys
import threading

ROTATIONS, READS = int(sys.argv[1]), int(sys.argv[2])
FOLDER = "/var/lib/nixmon/secrets/MONITORING/TEST"
FILE = f"{FOLDER}/CANARY"
OPEN = sys.argv[3:] == ["open"]
done = threading.Event()
seen = {"whole": 0, "partial": 0}

# A process of its own: a thread cannot be another user. It reads until its stdin ends, and at least READS times.
THIEF = """
import select, sys
reads = stolen = 0
while reads < int(sys.argv[2]) or not select.select([sys.stdin], [], [], 0)[0]:
    reads += 1
    try:
        with open(sys.argv[1]) as file:
            stolen += len(file.read())
    except OSError:
        pass
print(reads, stolen)
"""


def agent(lines, *words):
    command = ["sh", "/var/lib/nixmon/agent", "secrets", *words]
    subprocess.run(command, input=lines, text=True, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def watch():
    while not done.is_set():
        try:
            value = open(FILE).read()
        except OSError:
            value = ""
        # every value is 2,000 times the same digit
        seen["whole" if len(value) == 2000 and len(set(value)) == 1 else "partial"] += 1


def access(folders, file):
    os.chmod(FILE, file)
    for folder in (FOLDER, os.path.dirname(FOLDER), "/var/lib/nixmon/secrets"):
        os.chmod(folder, folders)


def rotate(number):
    value = base64.b64encode(str(number % 10).encode() * 2000).decode()
    agent(f"MONITORING/TEST/CANARY\t{value}\n.\n")
    if OPEN:
        access(0o755, 0o444)


rotate(0)
thief = subprocess.Popen(["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", sys.executable, "-c", THIEF, FILE, str(READS)],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
watcher = threading.Thread(target=watch)
watcher.start()
for number in range(1, ROTATIONS + 1):
    rotate(number)
done.set()
watcher.join()
reads, stolen = map(int, thief.communicate("")[0].split())
access(0o700, 0o400)
os.remove(FILE)
os.rmdir(FOLDER)
print(json.dumps({"rotations": ROTATIONS, "reads": reads, "stolen": stolen, **seen}))
