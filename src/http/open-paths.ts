/** What anybody may read: whether the service lives, and its documentation. Whatever is added later is not. */
const OPEN = /^\/(?:livez|readyz|openapi\.(?:json|yaml)|codes(?:\/[^/]*)?|docs(?:\/.*)?|)$/;

/** Whether a path needs neither token nor client certificate. */
export function isOpenPath(path: string): boolean {
  return OPEN.test(path);
}
