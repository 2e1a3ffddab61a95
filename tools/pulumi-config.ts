/**
 * Replaces Pulumi's CLI. It keeps the configuration of one stack in the file `state.json` of a folder. It records
 * its arguments and its stdin in the file `calls`. `node tools/pulumi-config.ts <folder> config set …`
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder = '.', ...args] = process.argv.slice(2);
const state = join(folder, 'state.json');
const stdin = args.includes('--secret') ? readFileSync(0, 'utf8') : '';
appendFileSync(join(folder, 'calls'), `${JSON.stringify({ args, stdin })}\n`);

if (args[0] === 'stack') writeFileSync(state, '{}');
else if (!existsSync(state)) {
  console.error("error: no stack named 'prod' found");
  process.exit(6);
} else {
  const config = Object(JSON.parse(readFileSync(state, 'utf8')));
  if (args[1] === 'set') {
    const [key = '', value = stdin] = args.slice(args.indexOf('--') + 1);
    set(config, key, value);
    writeFileSync(state, JSON.stringify(config));
  } else console.log(JSON.stringify(Object.fromEntries(Object.entries(config).map(shown))));
}

/** Sets a value at a path in Pulumi's notation. A number is the index of a list. */
function set(config: object, key: string, value: string): void {
  const steps = key.split(/[.[\]]+/).filter((step) => step !== '');
  steps.reduce<Record<string, unknown>>((held, step, index) => {
    const next = steps[index + 1];
    held[step] = next === undefined ? value : (held[step] ?? (/^\d+$/.test(next) ? [] : {}));
    return Object(held[step]);
  }, Object(config));
}

/** A key and its value in the format of `pulumi config --json`. */
function shown([name, value]: [string, unknown]): [string, object] {
  return name === 'aws:region'
    ? [name, { value, secret: false }]
    : [`crm-media-sync:${name}`, { value: JSON.stringify(value), secret: true }];
}
