import pc from 'picocolors';

export const say = (text = ''): void => void process.stdout.write(`${text}\n`);
export const chapter = (text: string): void => say(`\n${pc.bold(pc.green('▌'))} ${pc.bold(text)}`);
export const note = (text: string): void => say(pc.dim(`  ${text}`));
