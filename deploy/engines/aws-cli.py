"""The AWS CLI, loaded once: each call is a fork of the process that has it in memory, with the caller's arguments, environment,
folder and standard streams. To start it anew is most of what a call costs, and scripts make hundreds.

  aws-cli.py serve SOCKET           with the Python that has awscli
  aws-cli.py call SOCKET ARGUMENT…  with any Python: prints what the CLI prints, ends as it ends
"""

import json
import os
import signal
import socket
import sys


def serve(path):
    from awscli.clidriver import create_clidriver

    driver = create_clidriver()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(64)
        while True:
            caller, _ = server.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                server.close()
                answer(caller, driver)
            caller.close()


def answer(caller, driver):
    # Its streams come with the first byte, before the length of the rest.
    head, streams, _, _ = socket.recv_fds(caller, 8, 3)
    with caller.makefile("rb") as rest:
        told = json.loads(rest.read(int.from_bytes(head, "big")))
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    # awscli has written down there where its data are.
    own = {"AWS_DATA_PATH": os.environ["AWS_DATA_PATH"]}
    os.environ.clear()
    os.environ.update(own | told["env"])
    os.chdir(told["cwd"])
    try:
        code = driver.main(told["arguments"])
    except SystemExit as end:
        code = end.code
    sys.stdout.flush()
    sys.stderr.flush()
    caller.sendall(bytes([code if isinstance(code, int) else 1]))
    os._exit(0)


def call(path, arguments):
    told = json.dumps({"arguments": arguments, "env": dict(os.environ), "cwd": os.getcwd()}).encode()
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(path)
        socket.send_fds(server, [len(told).to_bytes(8, "big")], [0, 1, 2])
        server.sendall(told)
        code = server.recv(1)
    return code[0] if code else 1


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2])
    else:
        sys.exit(call(sys.argv[2], sys.argv[3:]))
