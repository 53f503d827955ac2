/** Prints what GitHub's parser of workflows finds wrong in a file, one mistake a line. */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

// The parser's build imports JSON without saying so, as bundlers take it and Node does not.
registerHooks({
  load: (url, context, next) =>
    next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
});
const { parseWorkflow } = await import('@actions/workflow-parser');
const [, , name] = process.argv;
const trace = { info() {}, error() {}, verbose() {} };
const { context } = parseWorkflow({ name, content: readFileSync(name, 'utf8') }, trace);
for (const { message } of context.errors.getErrors()) console.log(message);
