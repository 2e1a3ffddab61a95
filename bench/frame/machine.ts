import { cpus, loadavg, totalmem } from 'node:os';

const gigabyte = 1e9;

/** The machine and its Node, in one line: ratios travel further than times, and not all the way. */
export function machine(): string {
  const processors = cpus();
  const [load = 0] = loadavg();
  return [
    `Node ${process.versions.node}, ${process.platform} ${process.arch}`,
    `${processors.length} × ${processors[0]?.model.trim() || 'a processor without a name'}`,
    `${Math.round(totalmem() / gigabyte)} GB`,
    `load ${load.toFixed(1)} before`,
  ].join(', ');
}
