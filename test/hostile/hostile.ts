import { stopOnSignal } from '../../local/lifecycle.ts';
import { runHostile } from '../../tools/hostile/command.ts';
import { checkRequest, hostileRequest } from './check.ts';

await runHostile(process.argv.slice(2), {
  requestOf: hostileRequest,
  check: checkRequest,
  stopOnSignal,
});
