import { createHash } from 'node:crypto';

/** A hash source of a Content-Security-Policy (CSP3 §2.3.1): lets in the inline script or style that is this text. */
export function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
