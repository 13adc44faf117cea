/** How far a forecast may be from what is measured. */
const tolerance = 0.2;

const offBy = (forecast: number, measured: number): number => (forecast - measured) / measured;

export function isClose(forecast: number, measured: number): boolean {
  return Math.abs(offBy(forecast, measured)) <= tolerance;
}

/** Fails in words, so that one reads which figure to measure anew. */
export function expectClose(what: string, forecast: number, measured: number): void {
  const off = Math.round(offBy(forecast, measured) * 100);
  expect(
    `${what}: forecast ${Math.round(forecast)}, ${isClose(forecast, measured) ? "close" : `off by ${off} %`}`,
  ).toBe(`${what}: forecast ${Math.round(forecast)}, close`);
}
