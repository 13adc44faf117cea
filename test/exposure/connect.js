// Tries TCP connections from wherever it runs: connect.js MILLISECONDS ADDRESS:PORT... Prints those that were accepted, as JSON.
const { connect } = require("node:net");

const [milliseconds, ...targets] = process.argv.slice(2);

function accepts(target) {
  const [host, port] = target.split(":");
  return new Promise((done) => {
    const socket = connect({ host, port: Number(port) });
    const end = (answer) => {
      socket.destroy();
      done(answer);
    };
    socket.setTimeout(Number(milliseconds), () => end(false));
    socket.once("connect", () => end(true)).once("error", () => end(false));
  });
}

Promise.all(targets.map(accepts)).then((answers) => {
  console.log(JSON.stringify(targets.filter((_, index) => answers[index])));
});
