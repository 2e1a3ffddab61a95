/** A chart on the page. */
export interface Chart {
  /** The name of the SVG file. */
  file: string;
  title: string;
  /** What the chart shows, for screen readers. */
  description: string;
  /** The unit of the values. */
  unit: string;
  scale: 'linear' | 'log';
  series: readonly string[];
  plot: Bars | Lines;
}

interface Bars {
  kind: 'bars';
  /**
   * Values by series. A value that is undefined or infinite has no bar. `high` is a line above the bar, e.g. the
   * p99.
   */
  groups: readonly {
    name: string;
    values: readonly (number | undefined)[];
    high?: readonly number[];
  }[];
}

interface Lines {
  kind: 'lines';
  x: string;
  /** Points by series, sorted by x. */
  points: readonly (readonly (readonly [x: number, y: number])[])[];
}

const width = 760;

const height = 360;

const area = { left: 64, right: 744, top: 84, bottom: 316 };

/** The styles. They follow the light or dark theme of the reader's page. */
const style = [
  'text{font:12px system-ui,-apple-system,Segoe UI,Helvetica,Arial,sans-serif;fill:#424a53}',
  '.t{font-size:15px;font-weight:600;fill:#1f2328}.m{text-anchor:middle}.e{text-anchor:end}',
  '.v{font-size:10px;text-anchor:middle}.b{fill:#fff}.g{stroke:#d0d7de;fill:none}',
  '.h{stroke:#57606a;fill:none}.l{fill:none;stroke-width:2.2}',
  ...['#0969da', '#bc4c00', '#8250df', '#bf8700', '#57606a'].map(paint),
  '@media (prefers-color-scheme:dark){text{fill:#9198a1}.t{fill:#f0f6fc}.b{fill:#0d1117}',
  '.g{stroke:#3d444d}.h{stroke:#9198a1}',
  ...['#4493f8', '#f0883e', '#ab7df8', '#d29922', '#9198a1'].map(paint),
  '}',
].join('');

/** Draws a chart as an SVG file. */
export function drawChart(chart: Chart): string {
  const { title, description, unit, series, plot } = chart;
  const values =
    plot.kind === 'bars'
      ? plot.groups.flatMap(({ values, high = [] }) => [...values, ...high])
      : plot.points.flat().map(([, y]) => y);
  const axis = createAxis(values.filter(isShown), chart.scale);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<desc>${escapeXml(description)}</desc>`,
    `<style>${style}</style>`,
    `<rect class="b" width="${width}" height="${height}"/>`,
    label(16, 26, 't', title),
    label(16, 44, '', unit),
    ...legend(series),
    ...axis.marks.map((mark) => {
      const y = axis.y(mark);
      return `<path class="g" d="M${area.left} ${y}H${area.right}"/>${label(area.left - 8, y + 4, 'e', short(mark))}`;
    }),
    ...(plot.kind === 'bars' ? drawBars(plot, axis) : drawLines(plot, axis)),
    '</svg>\n',
  ].join('\n');
}

function paint(colour: string, index: number): string {
  return `.f${index}{fill:${colour}}.s${index}{stroke:${colour}}`;
}

function isShown(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value);
}

interface Axis {
  marks: readonly number[];
  y: (value: number) => number;
}

function createAxis(values: readonly number[], scale: Chart['scale']): Axis {
  const greatest = Math.max(...values, Number.MIN_VALUE);
  const span = area.bottom - area.top;
  if (scale === 'linear') {
    const magnitude = 10 ** Math.floor(Math.log10(greatest));
    const step = [0.2, 0.5, 1, 2].map((part) => part * magnitude).find((s) => greatest / s <= 6);
    const size = step ?? magnitude;
    const end = Math.ceil(greatest / size) * size;
    const marks = Array.from({ length: Math.round(end / size) + 1 }, (_, index) => index * size);
    return { marks, y: (value) => round(area.bottom - (value / end) * span) };
  }
  const least = Math.min(...values.filter((value) => value > 0), greatest);
  const [from, to] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(greatest))];
  const decades = Math.max(1, to - from);
  const marks = Array.from({ length: decades + 1 }, (_, index) => 10 ** (from + index));
  return {
    marks,
    y: (value) => {
      const share = (Math.log10(Math.max(value, 10 ** from)) - from) / decades;
      return round(area.bottom - share * span);
    },
  };
}

function drawBars({ groups }: Bars, { y }: Axis): string[] {
  const groupWidth = (area.right - area.left) / groups.length;
  return groups.flatMap(({ name, values, high = [] }, group) => {
    const left = area.left + group * groupWidth;
    const barWidth = Math.min(48, (groupWidth * 0.84) / values.length);
    const first = left + (groupWidth - barWidth * values.length) / 2;
    const bars = values.flatMap((value, index) => {
      if (!isShown(value)) return [];
      const [x, top] = [round(first + index * barWidth), y(value)];
      const middle = round(x + barWidth / 2);
      const end = high[index];
      const line = isShown(end) ? `<path class="h" d="M${middle} ${top}V${y(end)}m-4 0h8"/>` : '';
      const valueY = Math.min(top, isShown(end) ? y(end) : top) - 4;
      return [
        `<rect class="f${index}" x="${x}" y="${top}" width="${round(barWidth - 2)}" height="${round(area.bottom - top)}"/>`,
        line + label(middle, valueY, 'v', short(value, 2)),
      ];
    });
    return [...bars, ...nameLines(name, groupWidth, round(left + groupWidth / 2))];
  });
}

/** The name of a group, in two lines if one is too short. */
function nameLines(name: string, room: number, x: number): string[] {
  const [, first = name, second] =
    name.length * digitWidth > room ? (/^(.*?[- ,])(.*)$/.exec(name) ?? []) : [];
  return [first, second].flatMap((line, index) =>
    line === undefined ? [] : [label(x, area.bottom + 20 + 15 * index, 'm', line)],
  );
}

const digitWidth = 6.6;

function drawLines({ points, x: name }: Lines, { y }: Axis): string[] {
  const all = points.flat().map(([x]) => x);
  const [from, to] = [Math.min(...all), Math.max(...all)];
  const x = (value: number) =>
    round(area.left + ((value - from) / (to - from || 1)) * (area.right - area.left));
  const marks = new Set([0, 1, 2, 3, 4].map((part) => Math.round(from + ((to - from) * part) / 4)));
  return [
    ...[...marks].map((mark) => label(x(mark), area.bottom + 20, 'm', short(mark))),
    label((area.left + area.right) / 2, area.bottom + 38, 'm', name),
    ...points.map((line, index) => {
      const path = line
        .filter(([, value]) => isShown(value))
        .map(([at, value]) => `${x(at)} ${y(value)}`);
      return `<path class="l s${index}" d="M${path.join('L')}"/>`;
    }),
  ];
}

function legend(series: readonly string[]): string[] {
  let x = 16;
  return series.map((name, index) => {
    const at = x;
    x += 30 + name.length * digitWidth;
    return `<rect class="f${index}" x="${round(at)}" y="56" width="12" height="12" rx="2"/>${label(round(at + 17), 66, '', name)}`;
  });
}

function label(x: number, y: number, classes: string, content: string): string {
  const of = classes === '' ? '' : ` class="${classes}"`;
  return `<text x="${x}" y="${y}"${of}>${escapeXml(content)}</text>`;
}

/** A number with few digits. From ten on it has no decimals. */
function short(value: number, digits = 3): string {
  const text = value >= 10 ? String(Math.round(value)) : String(Number(value.toPrecision(digits)));
  return text.replace(/\B(?=(\d{3})+$)/g, value >= 1000 ? ' ' : '');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
