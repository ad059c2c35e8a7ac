// Writes and reads through ioredis until its input ends; says the same as write.py.
const Redis = require("ioredis");
const slotOf = require("cluster-key-slot");

const [prefix, ...ports] = process.argv.slice(2);
const places = ports.map((port) => ({ host: "127.0.0.1", port: Number(port) }));
const client = new Redis.Cluster(places, { redisOptions: { commandTimeout: 5000 } });
// What goes wrong is told by the command that it went wrong for.
client.on("error", () => {});

let ended = false;
process.stdin.on("end", () => (ended = true)).resume();

async function one(key) {
  await client.set(key, `value of ${key}`);
  // WAIT counts for the connection that wrote.
  const owner = client.slots[slotOf(key)][0];
  const node = client.nodes("master").find((node) => `${node.options.host}:${node.options.port}` === owner);
  if ((await node.wait(1, 300)) < 1) return;
  const found = await client.get(key);
  console.log(found === `value of ${key}` ? "acked" : "wrong", key);
}

(async () => {
  for (let number = 1; !ended; number += 1) {
    const key = `${prefix}:${number}`;
    try {
      await one(key);
    } catch (error) {
      console.log("failed", key, error.name);
      await new Promise((go) => setTimeout(go, 50));
    }
  }
  process.exit(0);
})();
