/** One instruction: `COPY`, and what stands after it, continued lines joined. */
export interface Instruction {
  readonly name: string;
  readonly rest: string;
}

export interface Stage {
  /** As other stages call it; '' for the last one, which nobody copies from. */
  readonly name: string;
  /** The image that it begins with. */
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/** The stages of a Dockerfile that keeps to plain instructions: no variables, no here-documents. */
export function parseDockerfile(text: string): Stage[] {
  const lines = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: { name: string; base: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === 'FROM') {
      const [, base = '', alias = ''] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? [];
      stages.push({ name: alias, base, instructions: [] });
    } else {
      const stage = stages.at(-1);
      if (name === '' || stage === undefined) throw new Error(`not understood: ${line}`);
      stage.instructions.push({ name, rest });
    }
  }
  return stages;
}

/** What follows an instruction that a stage has exactly once. */
export function only(stage: Stage, name: string): string {
  const found = stage.instructions.filter((each) => each.name === name);
  if (found[0] === undefined || found.length > 1) throw new Error(`${found.length} times ${name}`);
  return found[0].rest;
}

/** The variables of `ENV a=b c=d`. */
export function environmentOf(stage: Stage): Record<string, string> {
  const pairs = stage.instructions
    .filter(({ name }) => name === 'ENV')
    .flatMap(({ rest }) => Array.from(rest.matchAll(/([A-Z_]+)=(\S+)/g), ([, name = '', value = '']) => [name, value]));
  return Object.fromEntries(pairs);
}

/** The command of `CMD ["a", "b"]`, also behind a HEALTHCHECK's options: the form that needs no shell. */
export function execForm(rest: string): string[] {
  return JSON.parse(rest.slice(rest.indexOf('['))) as string[];
}
