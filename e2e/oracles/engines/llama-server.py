"""llama.cpp's own server, from PyPI's xllamacpp, behind the command line of its program `llama-server`: the flags that are used here."""

import argparse
import sys
import threading
import time

import xllamacpp

if sys.argv[1:] == ["--version"]:
    build = xllamacpp.__version__.split(".")[2]
    print(f"version: {build} (xllamacpp {xllamacpp.__version__})", file=sys.stderr)
    sys.exit(0)

parser = argparse.ArgumentParser(prog="llama-server", allow_abbrev=False)
parser.add_argument("-m", "--model", required=True)
parser.add_argument("-a", "--alias")
parser.add_argument("--host", default="127.0.0.1")
parser.add_argument("--port", type=int, default=8080)
parser.add_argument("-c", "--ctx-size", type=int, default=0)
parser.add_argument("-t", "--threads", type=int, default=1)
parser.add_argument("-np", "--parallel", type=int, default=1)
parser.add_argument("--metrics", action="store_true")
given = parser.parse_args()

params = xllamacpp.CommonParams()
params.model.path = given.model
if given.alias:
    params.model_alias = {given.alias}
params.hostnames = [given.host]
params.port = given.port
params.n_ctx = given.ctx_size
params.n_parallel = given.parallel
params.cpuparams.n_threads = given.threads
params.cpuparams_batch.n_threads = given.threads
params.endpoint_metrics = given.metrics
try:
    server = xllamacpp.Server(params)
except RuntimeError:
    # llama.cpp writes its log from a thread of its own, which Python's end would cut off.
    time.sleep(1)
    raise
threading.Event().wait()
