import fc from "fast-check";
import { durationMs, parseDuration } from "../../../plan/duration";

describe("durations", () => {
  test.each([
    ["0", undefined],
    ["0s", 0],
    ["15s", 15_000],
    ["90d", 90 * 86_400_000],
    ["2160h", 90 * 86_400_000],
    ["1h30m", 5_400_000],
    ["1y", 365 * 86_400_000],
    ["500ms", 500],
    ["1w2d", 9 * 86_400_000],
  ])("%s is %s milliseconds", (text, expected) => {
    expect(durationMs(text)).toBe(expected);
  });

  test.each(["90x", "", "d", "90", "-1d", "1.5h", "30m1h", "1d1d", " 1d", "1d ", "1 d", "99999999999y", "1D", "٣d"])(
    "%j is refused",
    (text) => {
      expect(durationMs(text)).toBeUndefined();
    },
  );

  test("a refusal names the key, what was found and the form wanted", () => {
    expect(() => parseDuration("90x", "monitoring.retention.metrics")).toThrow(
      'monitoring.retention.metrics: got "90x", want a duration such as 90d, 12h or 1h30m (units y, w, d, h, m, s, ms, largest first)',
    );
  });

  test("no text makes the parser throw or give a negative length", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."0123456789ywdhms .-x") }), (text) => {
        const length = durationMs(text);
        return length === undefined || (Number.isSafeInteger(length) && length >= 0);
      }),
      { numRuns: 2000 },
    );
  });
});
