import { describe, expect, it } from 'vitest';
import { type AddressFamily, parseHost } from '../../src/domain/target.ts';
import { createResolver, type LookUp, MAX_ADDRESSES, systemLookUp } from '../../src/net/resolve.ts';

function host(text: string) {
  const parsed = parseHost(text);
  if ('error' in parsed) throw new Error(parsed.error);
  return parsed;
}

const failing =
  (code: string): LookUp =>
  () =>
    Promise.reject(Object.assign(new Error(code), { code }));

const never: LookUp = () => new Promise(() => {});

function resolve(lookUp: LookUp, text = 'wiki.corp.example', family: AddressFamily = 'any', timeoutMs = 5000) {
  const resolver = createResolver({ lookUp, maxLookUps: 4 });
  return resolver.resolve(host(text), { family, timeoutMs, signal: new AbortController().signal, callers: ['c'] });
}

describe('resolve', () => {
  it('keeps the order of the resolver', async () => {
    const found = await resolve(async () => ['2001:db8::1', '192.0.2.7', '192.0.2.1']);
    expect(found.addresses.map(({ text }) => text)).toEqual(['2001:db8::1', '192.0.2.7', '192.0.2.1']);
    expect(found.fault).toBeNull();
    expect(found.durationMs).toBeGreaterThanOrEqual(0);
  });

  it('asks nothing for a literal', async () => {
    const found = await resolve(failing('ENOTFOUND'), '::ffff:192.0.2.1');
    expect(found).toMatchObject({ total: 1, durationMs: null, fault: null });
  });

  it.each([
    ['ipv4', ['192.0.2.1'], null],
    ['ipv6', ['2001:db8::1'], null],
  ] as const)('keeps %s only', async (family, expected, fault) => {
    const found = await resolve(async () => ['2001:db8::1', '192.0.2.1'], 'a.example', family);
    expect(found.addresses.map(({ text }) => text)).toEqual(expected);
    expect(found.fault).toBe(fault);
  });

  it.each<[name: string, lookUp: LookUp, host: string, family: AddressFamily, code: string]>([
    ['no IPv6 address', async () => ['192.0.2.1'], 'a.example', 'ipv6', 'address_family_missing'],
    ['no IPv4 address', async () => ['2001:db8::1'], 'a.example', 'ipv4', 'address_family_missing'],
    ['a literal of the other family', never, '192.0.2.1', 'ipv6', 'address_family_missing'],
    ['no such name', failing('ENOTFOUND'), 'a.example', 'any', 'dns_not_found'],
    ['no such name, one family asked', failing('ENOTFOUND'), 'a.example', 'ipv6', 'dns_not_found'],
    ['an empty answer', async () => [], 'a.example', 'any', 'dns_not_found'],
    ['the name server is in trouble', failing('EAI_AGAIN'), 'a.example', 'any', 'dns_failure'],
    ['the name server refuses', failing('EAI_FAIL'), 'a.example', 'any', 'dns_failure'],
  ])('%s', async (_, lookUp, text, family, code) => {
    const found = await resolve(lookUp, text, family);
    expect(found.addresses).toEqual([]);
    expect(found.fault?.code).toBe(code);
  });

  it('names the record that is missing', async () => {
    const found = await resolve(async () => ['192.0.2.1'], 'a.example', 'ipv6');
    expect(found.fault?.evidence).toEqual({ host: 'a.example', record: 'AAAA', addresses: ['192.0.2.1'] });
  });

  it('stops at its deadline', async () => {
    const found = await resolve(never, 'a.example', 'any', 20);
    expect(found.fault).toMatchObject({ code: 'dns_timeout', evidence: { host: 'a.example', timeout_ms: 20 } });
  });

  it('rejects with the reason of an aborted signal, before and during', async () => {
    const resolver = createResolver({ lookUp: never, maxLookUps: 1 });
    const reason = new Error('client gone');
    const options = { family: 'any', timeoutMs: 60_000, callers: ['c'] } as const;
    await expect(resolver.resolve(host('a.example'), { ...options, signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    const controller = new AbortController();
    const pending = resolver.resolve(host('a.example'), { ...options, signal: controller.signal });
    controller.abort(reason);
    await expect(pending).rejects.toBe(reason);
  });

  it('drops the zone of a link-local answer', async () => {
    const found = await resolve(async () => ['fe80::1%eth0']);
    expect(found.addresses.map(({ text }) => text)).toEqual(['fe80::1']);
  });

  it.each([
    [MAX_ADDRESSES, MAX_ADDRESSES],
    [MAX_ADDRESSES + 1, MAX_ADDRESSES],
  ])('of %i addresses keeps %i', async (total, kept) => {
    const found = await resolve(async () => Array.from({ length: total }, (_, index) => `192.0.2.${index}`));
    expect(found).toMatchObject({ total, addresses: { length: kept } });
  });

  it('passes on what is no answer of a resolver: that is our mistake', async () => {
    await expect(resolve(() => Promise.reject(new TypeError('bug')))).rejects.toBeInstanceOf(TypeError);
  });

  it('runs no more look-ups than it may, gives places in order, and keeps a place until the look-up ends', async () => {
    const asked: string[] = [];
    const answers = new Map<string, (addresses: string[]) => void>();
    const resolver = createResolver({
      maxLookUps: 2,
      lookUp: (name) => {
        asked.push(name);
        return new Promise((answer) => answers.set(name, answer));
      },
    });
    let callers = 0;
    const ask = (name: string, timeoutMs: number) =>
      resolver.resolve(host(name), {
        family: 'any',
        timeoutMs,
        signal: new AbortController().signal,
        callers: [`caller ${callers++}`],
      });
    const dead = ask('dead.example', 20);
    const slow = ask('slow.example', 60_000);
    const third = ask('third.example', 60_000);
    const gone = ask('gone.example', 30);
    const fourth = ask('fourth.example', 60_000);
    expect((await dead).fault?.code).toBe('dns_timeout');
    expect(await gone).toMatchObject({ addresses: [], fault: null, crowded: expect.stringContaining('gone.example') });
    // Nobody waits for dead.example any more, but it still holds a thread.
    expect(asked).toEqual(['dead.example', 'slow.example']);
    answers.get('slow.example')?.(['192.0.2.1']);
    expect((await slow).total).toBe(1);
    expect(asked).toEqual(['dead.example', 'slow.example', 'third.example']);
    answers.get('dead.example')?.([]);
    answers.get('third.example')?.(['192.0.2.3']);
    expect((await third).total).toBe(1);
    answers.get('fourth.example')?.(['192.0.2.4']);
    expect((await fourth).total).toBe(1);
    expect(asked).not.toContain('gone.example');
  });

  it.each([
    {
      name: 'one caller, of half of the places',
      of: (_: number) => ({ caller: 'greedy', name: `a${_}.example` }),
      most: 2,
    },
    {
      name: 'names of one owner, of three quarters',
      of: (_: number) => ({ caller: `c${_}`, name: `${_}.a.example` }),
      most: 3,
    },
  ])('leaves room beside name servers that say nothing to $name', async ({ of, most }) => {
    const asked: string[] = [];
    const resolver = createResolver({
      maxLookUps: 4,
      lookUp: (name) => {
        asked.push(name);
        return name === 'good.test' ? Promise.resolve(['192.0.2.1']) : new Promise(() => {});
      },
    });
    const ask = (name: string, caller: string, signal: AbortSignal) =>
      resolver.resolve(host(name), { family: 'any', timeoutMs: 60_000, signal, callers: [caller] });
    const gone = new AbortController();
    const silent = Array.from({ length: 20 }, (_, index) => ask(of(index).name, of(index).caller, gone.signal));
    expect((await ask('good.test', 'other', new AbortController().signal)).total).toBe(1);
    expect(asked).toHaveLength(most + 1);
    gone.abort();
    await Promise.allSettled(silent);
    // They hold their places still: nobody can call a look-up back.
    expect((await ask('good.test', 'other', new AbortController().signal)).total).toBe(1);
    expect(asked).toHaveLength(most + 2);
  });

  it.each([
    { name: 'all places', limit: 'All 4 look-ups', of: (_: number) => [`c${_ % 3}`, `a${_}.example`], held: 4 },
    { name: 'its own caller', limit: 'This caller has 2', of: (_: number) => ['late', `a${_}.example`], held: 2 },
    {
      name: 'names below its own',
      limit: 'Names below late.example have 3',
      of: (_: number) => [`c${_}`, `${_}.late.example`],
      held: 3,
    },
  ])('does not blame a name that was never asked about, and names the bound: of $name', async ({ of, limit, held }) => {
    const asked: string[] = [];
    const resolver = createResolver({
      maxLookUps: 4,
      lookUp: (name) => {
        asked.push(name);
        return new Promise(() => {});
      },
    });
    const ask = (caller: string, name: string, timeoutMs: number) => {
      const { signal } = new AbortController();
      return resolver.resolve(host(name), { family: 'any', timeoutMs, signal, callers: [caller] });
    };
    const before = Array.from({ length: held }, (_, index) => {
      const [caller = '', name = ''] = of(index);
      return ask(caller, name, 100);
    });
    await new Promise((done) => setImmediate(done));
    expect(asked).toHaveLength(held);
    const late = await ask('late', 'late.example', 20);
    expect(late).toMatchObject({ addresses: [], total: 0, fault: null, crowded: expect.stringContaining(limit) });
    expect(asked).not.toContain('late.example');
    expect((await Promise.all(before)).map(({ fault, crowded }) => [fault?.code, crowded])).toEqual(
      Array(held).fill(['dns_timeout', null]),
    );
  });

  it('tells each asker of its turn, whoever asked first', async () => {
    const first = Promise.withResolvers<string[]>();
    const lookUp: LookUp = (name) => (name === 'first.example' ? first.promise : Promise.resolve(['192.0.2.2']));
    const resolver = createResolver({ maxLookUps: 1, lookUp });
    const turns: string[] = [];
    const ask = (name: string, asker: string) =>
      resolver.resolve(host(name), {
        family: 'any',
        timeoutMs: 60_000,
        signal: new AbortController().signal,
        callers: [asker],
        onTurn: () => turns.push(asker),
      });
    const all = [ask('first.example', 'a'), ask('second.example', 'b'), ask('second.example', 'c')];
    await new Promise((done) => setImmediate(done));
    expect(turns).toEqual(['a']);
    first.resolve(['192.0.2.1']);
    await Promise.all(all);
    expect(turns).toEqual(['a', 'b', 'c']);
  });

  it('asks anew about a name whose askers have gone before its turn', async () => {
    const first = Promise.withResolvers<string[]>();
    const resolver = createResolver({
      maxLookUps: 1,
      lookUp: (name) => (name === 'first.example' ? first.promise : Promise.resolve(['192.0.2.2'])),
    });
    const ask = (name: string, signal: AbortSignal) =>
      resolver.resolve(host(name), { family: 'any', timeoutMs: 60_000, signal, callers: [name] });
    const { signal } = new AbortController();
    const before = ask('first.example', signal);
    const gone = new AbortController();
    const waiting = ask('second.example', gone.signal);
    await new Promise((done) => setImmediate(done));
    gone.abort();
    const again = ask('second.example', signal);
    await expect(waiting).rejects.toThrow();
    first.resolve(['192.0.2.1']);
    expect((await before).total).toBe(1);
    expect((await again).total).toBe(1);
  });

  it('shares one look-up among equal questions under way, and asks again afterwards', async () => {
    let asked = 0;
    const resolver = createResolver({
      maxLookUps: 1,
      lookUp: async () => {
        asked++;
        await new Promise((done) => setTimeout(done, 10));
        return ['192.0.2.1'];
      },
    });
    const ask = () =>
      resolver.resolve(host('a.example'), {
        family: 'any',
        timeoutMs: 5000,
        signal: new AbortController().signal,
        callers: ['c'],
      });
    const found = await Promise.all([ask(), ask(), ask()]);
    expect(found.map(({ total }) => total)).toEqual([1, 1, 1]);
    expect(asked).toBe(1);
    await ask();
    expect(asked).toBe(2);
  });

  it.each(['EMFILE', 'ENOMEM'])("%s is ours, never the name's", async (code) => {
    const found = await resolve(() => Promise.reject(Object.assign(new Error(), { code })));
    expect(found).toMatchObject({ addresses: [], fault: null, crowded: expect.stringContaining(code) });
  });

  it('asks the system', async () => {
    const found = await resolve(systemLookUp, 'localhost');
    expect(found.addresses.map(({ text }) => text)).toContain('127.0.0.1');
    const missing = await resolve(systemLookUp, 'no-such-name.invalid');
    // Without any name server the same question is EAI_AGAIN.
    expect(['dns_not_found', 'dns_failure']).toContain(missing.fault?.code);
  });
});
