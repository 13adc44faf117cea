// An HTTP server that writes each request down: recorder.js ADDRESS PORT FILE KNOWN. It plays Home Assistant, Nextcloud Talk and the
// heartbeat's service. A line of JSON for each request: when it came (ms), path, login, body, and what it answered. The file is for its owner
// alone. Where there is a file KNOWN, JSON of [path, login or null], it lets in who is on that list, and refuses everybody else (401).
const { createServer } = require("node:http");
const { existsSync, openSync, readFileSync, writeSync } = require("node:fs");

const [address, port, file, known] = process.argv.slice(2);
const log = openSync(file, "a", 0o600);

function status(path, login = null) {
  const list = existsSync(known) ? JSON.parse(readFileSync(known, "utf8")) : [[path, login]];
  if (!list.some(([goodPath, goodLogin]) => goodPath === path && goodLogin === login)) return 401;
  return path.startsWith("/ocs/") ? 201 : 200;
}

createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (text) => {
    body += text;
  });
  request.on("end", () => {
    const at = Date.now();
    const { url: path, headers } = request;
    const answered = status(path, headers.authorization);
    writeSync(log, `${JSON.stringify({ at, path, authorization: headers.authorization, body, answered })}\n`);
    response.writeHead(answered).end();
  });
}).listen(Number(port), address);
