import { mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { followFiles } from '../../src/files/follow-files.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tls-verdict-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Follows files of numbers, and hands out what it says about them one by one. */
async function follow(...names: string[]) {
  const events: string[] = [];
  let wake = (): void => {};
  const note = (text: string): void => {
    events.push(text);
    wake();
  };
  const followed = await followFiles({
    paths: names.map((name) => join(folder, name)),
    read: (texts) => {
      if (texts.some((text) => !/^\d+\n$/.test(text))) throw new Error('is no number');
      return texts.map(Number).join('+');
    },
    onChange: (value) => note(`now ${value}`),
    onRefusal: (reason) => note(`refused: ${reason.slice(0, 12)}`),
    pollMs: 5,
  });
  const next = async (): Promise<string> => {
    while (events.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return events.shift() ?? '';
  };
  return { followed, next, [Symbol.dispose]: followed.close };
}

const write = (name: string, text: string) => writeFile(join(folder, name), text);

it('has the first value at once and follows a change', async () => {
  await write('a', '1\n');
  using following = await follow('a');
  expect(following.followed.current()).toBe('1');
  await write('a', '2\n');
  expect(await following.next()).toBe('now 2');
  expect(following.followed.current()).toBe('2');
});

it('keeps the last good value, says why once, and takes the repaired file', async () => {
  await write('a', '1\n');
  using following = await follow('a');
  await write('a', 'x');
  expect(await following.next()).toBe('refused: is no number');
  expect(following.followed.current()).toBe('1');
  await rm(join(folder, 'a'));
  expect(await following.next()).toBe('refused: ENOENT: no s');
  await write('a', '3\n');
  expect(await following.next()).toBe('now 3');
});

it('follows a link that is swapped, as a mounted secret is', async () => {
  await write('one', '1\n');
  await write('two', '2\n');
  await symlink('one', join(folder, 'a'));
  using following = await follow('a');
  await symlink('two', join(folder, 'next'));
  await rename(join(folder, 'next'), join(folder, 'a'));
  expect(await following.next()).toBe('now 2');
});

it('reads several files as one', async () => {
  await write('a', '1\n');
  await write('b', '2\n');
  using following = await follow('a', 'b');
  await Promise.all([write('a', '3\n'), write('b', '4\n')]);
  let last = await following.next();
  while (last !== 'now 3+4') last = await following.next();
});

it('does not begin with files that cannot be used', async () => {
  await expect(follow('missing')).rejects.toThrow('ENOENT');
  await write('a', 'x');
  await expect(follow('a')).rejects.toThrow('is no number');
});
