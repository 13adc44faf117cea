const { default: Sequencer } = require("@jest/test-sequencer");

/** Files by name, and the one that takes the sandbox down after all others. */
module.exports = class extends Sequencer {
  sort(tests) {
    const place = ({ path }) => (path.endsWith("/down.test.ts") ? `~${path}` : path);
    return [...tests].sort((one, other) => place(one).localeCompare(place(other), "en"));
  }
};
