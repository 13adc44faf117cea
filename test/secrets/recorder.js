// An HTTP server that takes every request and writes it down: recorder.js ADDRESS PORT FILE. It plays Home Assistant, Nextcloud Talk and
// the heartbeat's service. A line of JSON for each request: when it came (ms), path, login, body. The file is for its owner alone.
const { createServer } = require("node:http");
const { openSync, writeSync } = require("node:fs");

const [address, port, file] = process.argv.slice(2);
const log = openSync(file, "a", 0o600);

createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (text) => {
    body += text;
  });
  request.on("end", () => {
    const at = Date.now();
    const { url: path, headers } = request;
    writeSync(log, `${JSON.stringify({ at, path, authorization: headers.authorization, body })}\n`);
    response.writeHead(path.startsWith("/ocs/") ? 201 : 200).end();
  });
}).listen(Number(port), address);
