"""A program with an embedded server that is killed by its test: prints the server's process, and that of a fork."""

import os
import sys
import time
from pathlib import Path

from weaviate_hl.embedded import Embedded, EmbeddedOptions, WeaviateStartUpError

binary, data = sys.argv[1:]
embedded = Embedded(EmbeddedOptions(binary=binary, persistence_data_path=data, port=0, grpc_port=0))
embedded.start()
try:  # here, where the lock has the lowest descriptor that there is
    Embedded(embedded.options).start()
except WeaviateStartUpError as error:
    assert "in use" in str(error)
else:
    sys.exit("two servers in one folder")
fork = os.fork()
if fork == 0:  # as multiprocessing does: it has copies of all that was open, and must not keep the server
    embedded.stop()
    Path(data, "fork").write_text(str(embedded.is_running))
    time.sleep(60)
    os._exit(0)
while not Path(data, "fork").exists():
    time.sleep(0.01)
print(Path(data, "pid").read_text(), fork, embedded.is_running, flush=True)  # noqa: T201
time.sleep(60)
