import { z } from 'zod';
import { parseEndpoint } from '../../domain/target.ts';
import { parsed, verdictQueryShape } from './verify-request.ts';

/** `host`, `host:port`, or the https URL that a scrape configuration for blackbox_exporter has; its path is ignored. */
function parseProbeTarget(text: string) {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return parseEndpoint(text);
  if (scheme !== 'https' || !URL.canParse(text)) return { error: 'must be host, host:port or an https URL' };
  const { host, username, password } = new URL(text);
  if (username !== '' || password !== '') return { error: 'must not have a user or a password' };
  return parseEndpoint(host);
}

/** The query of GET /probe. */
export const probeQuerySchema = z.strictObject({
  target: parsed(z.string().max(2048), 'invalid_endpoint', parseProbeTarget).describe(
    '`host`, `host:port`, `[v6]:port` or `https://host[:port]/…`',
  ),
  module: verdictQueryShape.preset.describe('Name of a preset'),
});
