# Python runs this before the Proxmox exporter (proxmox.nix). The authority that Proxmox VE makes for itself has no key usage, and since
# Python 3.13 such a one is refused. This takes back the strict reading; signature, name and dates are verified as ever.
import importlib.machinery
import importlib.util
import os
import ssl
import sys

ssl.VERIFY_X509_STRICT = ssl.VerifyFlags(0)

# the file of this name that the interpreter has itself, as nixpkgs' does
elsewhere = [path for path in sys.path if os.path.abspath(path) != os.path.dirname(os.path.abspath(__file__))]
own = importlib.machinery.PathFinder.find_spec("sitecustomize", elsewhere)
if own is not None:
    own.loader.exec_module(importlib.util.module_from_spec(own))
