/** How far a forecast may be from what is measured. */
const tolerance = 0.2;

/** Fails in words, so that one reads which figure to measure anew. */
export function expectClose(what: string, forecast: number, measured: number): void {
  const off = (forecast - measured) / measured;
  expect(
    `${what}: forecast ${Math.round(forecast)}, ${Math.abs(off) <= tolerance ? "close" : `off by ${Math.round(off * 100)} %`}`,
  ).toBe(`${what}: forecast ${Math.round(forecast)}, close`);
}
