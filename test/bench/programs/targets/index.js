// The targets of NIXMON_BENCH_HOSTS hosts put before one primary, which NIXMON_BENCH_PRIMARY names as JSON: a connection each.
const { pushTargets } = require("../../../../dist/components/internal/nixosPush");

const connection = JSON.parse(process.env.NIXMON_BENCH_PRIMARY);
for (let number = 1; number <= Number(process.env.NIXMON_BENCH_HOSTS); number++) {
  const host = `h${number}`;
  const target = { host, name: "node", job: "node", address: `10.231.78.${number}`, port: 9100, path: "/metrics" };
  const targets = [{ ...target, scheme: "http", labels: {}, params: {} }];
  pushTargets(`primary-targets-${host}`, { connection, primary: "primary", host, targets }, {});
}
