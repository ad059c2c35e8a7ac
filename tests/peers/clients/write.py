"""Writes and reads through redis-py or valkey-py until its input ends.

Arguments: the library, the prefix of all keys, and ports to begin with. A line `acked KEY` says that the key
was written and that a replica has it; `wrong KEY` that reading gave something else than was written.
"""

import importlib
import sys
import threading

library, prefix, *ports = sys.argv[1:]
Cluster = {"redis": "RedisCluster", "valkey": "ValkeyCluster"}[library]
cluster = importlib.import_module(f"{library}.cluster")
nodes = [cluster.ClusterNode("127.0.0.1", int(port)) for port in ports]
client = getattr(cluster, Cluster)(startup_nodes=nodes, socket_timeout=5, decode_responses=True)

ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()

number = 0
while not ended.is_set():
    number += 1
    key = f"{prefix}:{number}"
    try:
        client.set(key, f"value of {key}")
        node = client.get_node_from_key(key)
        held = client.execute_command("WAIT", 1, 300, target_nodes=node)
        if isinstance(held, dict):
            held = min(held.values())
        if held < 1:
            continue
        found = client.get(key)
    except Exception as error:  # A node that is gone, in whatever words: the next key is another try.
        print("failed", key, type(error).__name__, flush=True)
        ended.wait(0.05)
        continue
    print("acked" if found == f"value of {key}" else "wrong", key, flush=True)
