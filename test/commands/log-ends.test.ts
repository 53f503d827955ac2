import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const LOGGER = join(import.meta.dirname, '../../src/commands/standard-output.ts');

/** The messages that a process wrote which logged two lines, then did `last`. */
function messagesOf(last: string): Promise<string[]> {
  const program = `
    const { logToStandardOutput } = await import(${JSON.stringify(LOGGER)});
    const logger = logToStandardOutput('info');
    logger.info('one');
    logger.info('two');
    ${last}`;
  const { promise, resolve } = Promise.withResolvers<string[]>();
  execFile(process.execPath, ['--input-type=module', '--eval', program], (_, stdout) => {
    const lines = stdout.split('\n').filter((line) => line !== '');
    resolve(lines.map((line) => JSON.parse(line).msg));
  });
  return promise;
}

it.each([
  { name: 'the end of its work', last: '', messages: ['one', 'two'] },
  { name: 'an exit', last: 'process.exit(1);', messages: ['one', 'two'] },
  { name: 'an exception', last: 'throw new Error();', messages: ['one', 'two'] },
  {
    name: 'a kill after a fatal line',
    last: "logger.fatal('three'); process.kill(process.pid, 'SIGKILL');",
    messages: ['one', 'two', 'three'],
  },
])('loses no gathered line at $name', async ({ last, messages }) => {
  expect(await messagesOf(last)).toEqual(messages);
});

it('writes a line although no other follows', async () => {
  const waits = 'const kept = setInterval(() => {}, 1000); process.stdout.on("close", () => clearInterval(kept));';
  const program = `const { logToStandardOutput } = await import(${JSON.stringify(LOGGER)}); logToStandardOutput('info').info('one'); ${waits}`;
  const child = execFile(process.execPath, ['--input-type=module', '--eval', program]);
  const { promise, resolve } = Promise.withResolvers<string>();
  child.stdout?.once('data', (text: string) => resolve(text));
  expect(JSON.parse(await promise).msg).toBe('one');
  child.kill();
});
