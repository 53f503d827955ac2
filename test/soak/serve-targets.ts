import { startTargets } from './targets.ts';

/** The targets as a process of their own, so that they do not share a loop with who asks. Ends when its input does. */
const { ca, all } = await startTargets(Date.now());
console.log(JSON.stringify({ ca: ca.pem, all }));
process.stdin.resume().once('end', () => process.exit(0));
