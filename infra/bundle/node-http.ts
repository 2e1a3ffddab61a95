/**
 * Replaces `import … from 'node:http'` in a bundle. Such an import reads each export of the module, and some
 * exports load a part of Node that no function uses (`WebSocket` loads undici). That takes 35 ms of CPU time. This
 * file takes three.
 */
export const { Agent, request } = process.getBuiltinModule('node:http');
