/**
 * What a bundle has for `import … from 'node:http'`. Such an import reads each export of the module for its namespace,
 * and some load a part of Node that no function uses (`WebSocket` loads undici): 35 ms of processor time. This takes
 * three.
 */
export const { Agent, request } = process.getBuiltinModule('node:http');
