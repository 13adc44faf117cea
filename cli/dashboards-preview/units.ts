/** A number the way Grafana's unit of that id shows it. An id that is not known here shows the bare number and the id. */
export function format(value: number, unit = "none", decimals?: number): string {
  if (Number.isNaN(value)) return "NaN";
  const show = shows[unit];
  return show === undefined ? `${plain(value, decimals)} ${unit}` : show(value, decimals);
}

type Show = (value: number, decimals?: number) => string;

function plain(value: number, decimals?: number): string {
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  if (decimals !== undefined) return value.toFixed(decimals);
  const size = Math.abs(value);
  const digits = size === 0 || size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.01 ? 2 : 4;
  return String(Number(value.toFixed(digits)));
}

/** A prefix for each power of `base`, from the smallest. */
function scaled(base: number, prefixes: readonly string[], suffix: string): Show {
  return (value, decimals) => {
    let left = value;
    let at = 0;
    while (Math.abs(left) >= base && at < prefixes.length - 1) {
      left /= base;
      at += 1;
    }
    return `${plain(left, decimals)}${prefixes[at]}${suffix}`;
  };
}

const metric = ["", " K", " Mil", " Bil"];
const perSecond = (name: string): Show => scaled(1000, ["", "K", "M", "G"], ` ${name}/s`);

const spans: [number, string][] = [
  [86_400 * 365, "years"],
  [86_400 * 7, "weeks"],
  [86_400, "days"],
  [3600, "hours"],
  [60, "mins"],
  [1, "s"],
  [1e-3, "ms"],
  [1e-6, "µs"],
];

const seconds: Show = (value, decimals) => {
  const [size, name] = spans.find(([from]) => Math.abs(value) >= from) ?? [1, "s"];
  return `${plain(value / size, decimals)} ${name}`;
};

const shows: Record<string, Show> = {
  none: plain,
  short: scaled(1000, metric, ""),
  percent: (value, decimals) => `${plain(value, decimals)}%`,
  bool: (value) => (value === 0 ? "False" : "True"),
  s: seconds,
  d: (value, decimals) => seconds(value * 86_400, decimals),
  bytes: scaled(1024, [" B", " KiB", " MiB", " GiB", " TiB"], ""),
  binBps: scaled(1024, [" B", " KiB", " MiB", " GiB"], "/s"),
  bps: scaled(1000, [" b", " kb", " Mb", " Gb"], "/s"),
  pps: perSecond("p"),
  ops: perSecond("ops"),
  cps: perSecond("c"),
  reqps: perSecond("req"),
  rowsps: perSecond("rows"),
  celsius: (value, decimals) => `${plain(value, decimals)} °C`,
  // milliseconds since 1970; told as the age, since a page of pictures does not move
  dateTimeFromNow: (value) => `${seconds((Date.now() - value) / 1000, 0)} ago`,
};
