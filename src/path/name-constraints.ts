import {
  type Certificate,
  type GeneralName,
  type GeneralSubtree,
  type NameConstraints,
  SMTP_UTF8_MAILBOX,
} from '../domain/certificate.ts';
import { cleanText } from '../domain/clean-text.ts';
import type { Fault } from '../domain/fault.ts';
import { type ComparableName, comparableBase, comparableName } from './name-forms.ts';
import { SubtreeList } from './subtree-list.ts';

/** Names that a fault lists; the others are counted. */
const MAX_NAMES_LISTED = 5;
const EMAIL_ADDRESS = '1.2.840.113549.1.9.1';

interface Name {
  readonly general: GeneralName;
  readonly comparable: ComparableName | null;
}

/** The subtrees of one form of name. */
interface Subtrees {
  readonly permitted: SubtreeList;
  readonly excluded: SubtreeList;
}

/** Read once for each certificate, however many paths it stands in. */
const namesRead = new WeakMap<Certificate, readonly Name[]>();
const subtreesRead = new WeakMap<NameConstraints, ReadonlyMap<GeneralName['type'], Subtrees>>();

/** How many comparisons `nameConstraintFaults` makes at most: names times subtrees, of whatever form. */
export function nameComparisons(constrainer: Certificate, constrained: Certificate): number {
  const constraints = constrainer.decoded.nameConstraints;
  if (constraints === undefined) return 0;
  const attributes = constrained.subject.rdns.reduce((total, rdn) => total + rdn.length, 0);
  const names = attributes + (constrained.decoded.subjectAltName?.length ?? 0);
  return names * (constraints.permitted.length + constraints.excluded.length);
}

/**
 * What the nameConstraints of one certificate of a path have against the names of one below it (RFC 5280 §6.1.3(b),
 * (c)). Judging each pair gives the same as carrying permitted_subtrees and excluded_subtrees along, since a name
 * must be inside of the intersection and outside of the union, and it says whose constraint it is.
 * Gives no fault, or one that lists the names. The caller leaves out self-issued certificates that are not the last.
 */
export function nameConstraintFaults(constrainer: Certificate, constrained: Certificate): Fault[] {
  const constraints = constrainer.decoded.nameConstraints;
  if (constraints === undefined) return [];
  const subtrees = subtreesOf(constraints);
  const violations = namesOf(constrained).flatMap((name) => {
    const reason = violation(name, subtrees.get(name.general.type));
    return reason === null ? [] : [{ name: name.general, reason }];
  });
  const [first] = violations;
  if (first === undefined) return [];
  const shown = showName(first.name);
  const more = violations.length > 1 ? `, and ${violations.length - 1} more names are not allowed` : '';
  return [
    {
      code: 'name_constraint_violation',
      certificate: constrained.sha256,
      detail: `${shown} (${first.name.type}) ${PHRASES[first.reason]} of ${constrainer.subject.text}${more}`,
      evidence: {
        name: shown,
        name_type: first.name.type,
        reason: first.reason,
        names: violations.slice(0, MAX_NAMES_LISTED).map(({ name }) => showName(name)),
        names_total: violations.length,
        constrained_by: constrainer.subject.text,
        constrained_by_sha256: constrainer.sha256,
      },
    },
  ];
}

type Reason = 'excluded' | 'not_permitted' | 'not_comparable';

const PHRASES: Readonly<Record<Reason, string>> = {
  excluded: 'is in an excluded subtree',
  not_permitted: 'is in no permitted subtree',
  not_comparable: 'cannot be compared with the constraints',
};

function violation({ comparable }: Name, subtrees: Subtrees | undefined): Reason | null {
  // RFC 5280 §4.2.1.10: a form that no subtree has is not restricted.
  if (subtrees === undefined) return null;
  if (comparable === null) return 'not_comparable';
  const { excluded, permitted } = subtrees;
  if (excluded.touches(comparable)) return 'excluded';
  return permitted.isEmpty || permitted.holds(comparable) ? null : 'not_permitted';
}

/**
 * The names that constraints apply to: subjectAltName, a non-empty subject as directoryName, and e-mail addresses
 * in the subject. RFC 5280 asks for the last only where there is no subjectAltName; whoever reads an address there
 * does not look for one. A mailbox in UTF-8 is an otherName, and under the constraints for mailboxes (RFC 9598 §6).
 */
function namesOf(certificate: Certificate): readonly Name[] {
  const known = namesRead.get(certificate);
  if (known !== undefined) return known;
  const { subject, decoded } = certificate;
  const emails = subject.rdns
    .flat()
    .flatMap(({ oid, value }) => (oid === EMAIL_ADDRESS ? [{ type: 'email' as const, value: value ?? '' }] : []));
  const directory = subject.rdns.length > 0 ? [{ type: 'directory' as const, value: subject }] : [];
  const alternatives = decoded.subjectAltName ?? [];
  const mailboxes = alternatives.flatMap((name) =>
    name.type === 'other' && name.typeId === SMTP_UTF8_MAILBOX
      ? [{ type: 'email' as const, value: name.mailbox ?? '' }]
      : [],
  );
  const names = [...directory, ...emails, ...mailboxes, ...alternatives].map((general) => ({
    general,
    comparable: comparableName(general),
  }));
  namesRead.set(certificate, names);
  return names;
}

function subtreesOf(constraints: NameConstraints): ReadonlyMap<GeneralName['type'], Subtrees> {
  const known = subtreesRead.get(constraints);
  if (known !== undefined) return known;
  const forms = new Map<GeneralName['type'], Subtrees>();
  const add = (list: keyof Subtrees, bases: readonly GeneralSubtree[]) => {
    for (const base of bases) {
      const subtrees = forms.get(base.type) ?? { permitted: new SubtreeList(), excluded: new SubtreeList() };
      subtrees[list].add(comparableBase(base));
      forms.set(base.type, subtrees);
    }
  };
  add('permitted', constraints.permitted);
  add('excluded', constraints.excluded);
  subtreesRead.set(constraints, forms);
  return forms;
}

function showName(name: GeneralName): string {
  switch (name.type) {
    case 'dns':
    case 'email':
    case 'uri':
    case 'registered_id':
      return cleanText(name.value);
    case 'ip':
      return showAddress(name.value);
    case 'directory':
      return name.value.text;
    case 'other':
      return `otherName ${name.typeId}`;
    default:
      return name.type;
  }
}

/** RFC 4291 §2.2 form 1 for IPv6, without leading zeros; hex for what is no address. */
function showAddress(octets: Buffer): string {
  if (octets.length === 4) return octets.join('.');
  if (octets.length !== 16) return `0x${octets.toString('hex', 0, MAX_NAMES_LISTED)}`;
  return Array.from({ length: 8 }, (_, group) => octets.readUInt16BE(2 * group).toString(16)).join(':');
}
