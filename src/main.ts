import process from 'node:process';

/** What the handshake needs of node:crypto (ML-KEM, ML-DSA), and Node needs to run these sources as they are. */
const LEAST_NODE_MAJOR = 24;

// Before anything else is loaded: an older version would stumble there and say something that helps nobody.
if (Number.parseInt(process.versions.node, 10) < LEAST_NODE_MAJOR) {
  console.error(`tls-verdict needs Node ${LEAST_NODE_MAJOR} or later; this is ${process.versions.node}.`);
  process.exit(1);
}

const [command, ...rest] = process.argv.slice(2);
if (command === undefined) {
  // Nothing is under way while it starts. The first process of a container is told of a signal only if it asks to be.
  const onSignal = { stop: (_reason: string): void => process.exit(0) };
  process.on('SIGTERM', (signal) => onSignal.stop(signal));
  process.on('SIGINT', (signal) => onSignal.stop(signal));
  const { serve } = await import('./commands/serve.ts');
  await serve(onSignal);
} else if (command === 'sweep') {
  const { sweep } = await import('./commands/sweep.ts');
  await sweep(rest);
} else {
  const words = JSON.stringify([command, ...rest].join(' '));
  console.error(`There is no command ${words}: without one the service starts, and with sweep a list is judged.`);
  process.exitCode = 3;
}
