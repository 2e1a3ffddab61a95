import { cpus, loadavg, totalmem } from 'node:os';

const gigabyte = 1e9;

/** The machine and its version of Node, in one line. */
export function machine(): string {
  const processors = cpus();
  const [load = 0] = loadavg();
  return [
    `Node ${process.versions.node}, ${process.platform} ${process.arch}`,
    `${processors.length} × ${processors[0]?.model.trim() || 'unknown processor'}`,
    `${Math.round(totalmem() / gigabyte)} GB`,
    `load ${load.toFixed(1)} before`,
  ].join(', ');
}
