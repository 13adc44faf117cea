// A relay that adds latency, as `tc netem delay` does where the kernel has it: each byte and each connection waits on its way.
// usage: relay.js MILLISECONDS HOST PORT; prints the port that it listens on
const { connect, createServer } = require("node:net");

const [delay, host, port] = [Number(process.argv[2]), process.argv[3], Number(process.argv[4])];

function pass(from, to) {
  from.on("data", (chunk) => setTimeout(() => to.write(chunk), delay));
  from.on("end", () => setTimeout(() => to.end(), delay));
  from.on("error", () => to.destroy());
  from.on("close", () => setTimeout(() => to.destroy(), delay));
}

const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  client.pause();
  // a connection takes a way there and back before anything is sent
  setTimeout(() => {
    const to = connect({ host, port, allowHalfOpen: true, noDelay: true });
    pass(client, to);
    pass(to, client);
    client.resume();
  }, delay);
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
